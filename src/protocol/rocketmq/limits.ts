/**
 * Bounds of what clients may ask. Those of the stock server (its documentation, "Parameter limits"), so that what works there
 * works here, but where it says otherwise.
 */

export const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** What a record is larger than its body at most: properties, keys, ids. Topics that are made here have room for it. */
export const RECORD_OVERHEAD_BYTES_MAX = 64 * 1024;
export const PROPERTIES_MAX = 128;
export const PROPERTIES_BYTES_MAX = 16 * 1024;
export const MESSAGE_GROUP_BYTES_MAX = 64;
export const LITE_TOPIC_BYTES_MAX = 64;
export const TOPIC_CHARACTERS_MAX = 127;
export const GROUP_CHARACTERS_MAX = 120;
/** Of a tag, and of a key; not bounded in the stock server but by all properties together. */
export const NAME_BYTES_MAX = 8 * 1024;
/** Of ids that clients make: of messages, and of themselves. */
export const ID_CHARACTERS_MAX = 256;
export const MESSAGES_PER_REQUEST_MAX = 1024;

/** A delivery. */
export const BATCH_SIZE_MAX = 32;
/** How long a receive waits, where it doesn't say, and at most. */
export const POLLING_MS = 20_000;
export const POLLING_MS_MAX = 30_000;
/** What of a client's patience is left for the way back. */
export const WAY_BACK_MS = 500;
/** How long a call of a client that is above a quota is held, where it doesn't wait for messages; ms. Clients wait 3 s by default. */
export const HELD_MS_MAX = 2000;
/** Messages that are read by offset in one call. */
export const PULL_MESSAGES_MAX = 1024;
/** How long a message may be invisible to others. The stock server has 10 s at least; less does no harm. */
export const INVISIBLE_MS_MAX = 12 * 60 * 60 * 1000;
/** How long a message rests at least that a push consumer has no room for: Node's asks for 1 to 20 ms where one has failed. */
export const SUSPENDED_MS_MIN = 1000;
/** How long a push consumer has a message that it says nothing of. */
export const KEPT_MS = 3 * 60 * 60 * 1000;
/** The same in a group that is consumed in order, where it tries again itself: 17 times by the usual policy takes 13 h. */
export const FIFO_KEPT_MS = 16 * 60 * 60 * 1000;
/** A push consumer whose stream has ended is given up after so long where it opens no other; else what it had before, after the longer. */
export const CLIENT_LOST_MS = 3000;
export const CLIENT_BACK_MS = 60_000;

/** How long a client may be silent before it is forgotten; it sends a heartbeat every 10 s. */
export const CLIENT_SILENT_MS_MAX = 60_000;
/** Clients that are remembered at one time. */
export const CLIENTS_MAX = 100_000;
/** Lite topics that all clients together may have subscribed to; about 300 bytes each. */
export const LITE_SUBSCRIPTIONS_MAX = 200_000;
/** Topics that one client may name in its settings. */
export const CLIENT_TOPICS_MAX = 1000;
