/**
 * The one JSON reader and writer (RFC 8259), with limits on depth and size. Knows nothing of what
 * the texts mean.
 */
package dev.lanewise.model.json;
