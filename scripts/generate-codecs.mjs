/** All generated codecs: writes them, or with --check compares what is checked in with the schemas. */
import './generate-kafka-codec.mjs';
import './generate-rocketmq-codec.mjs';
