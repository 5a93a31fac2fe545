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
export const TOPIC_CHARACTERS_MAX = 127;
export const GROUP_CHARACTERS_MAX = 120;
/** Of a tag, and of a key; not bounded in the stock server but by all properties together. */
export const NAME_BYTES_MAX = 8 * 1024;
/** Of ids that clients make: of messages, and of themselves. */
export const ID_CHARACTERS_MAX = 256;
export const MESSAGES_PER_REQUEST_MAX = 1024;

/** A delivery. */
export const BATCH_SIZE_MAX = 32;
export const POLLING_MS_MAX = 30_000;

/** How long a client may be silent before it is forgotten; it sends a heartbeat every 10 s. */
export const CLIENT_SILENT_MS_MAX = 60_000;
/** Clients that are remembered at one time. */
export const CLIENTS_MAX = 100_000;
/** Topics that one client may name in its settings. */
export const CLIENT_TOPICS_MAX = 1000;
