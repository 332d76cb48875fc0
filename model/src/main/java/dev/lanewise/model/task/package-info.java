/**
 * What people do with encoders of texts and images, and with encoder–decoders: one class per task,
 * from texts or files to results, with batching and progress. A model is shared; what works with it
 * has threads and buffers of its own and serves one caller at a time. Work that a progress or an
 * interrupted thread cancels ends in a {@link java.util.concurrent.CancellationException}, which is
 * an {@link IllegalStateException}; scores that are no numbers in a {@link
 * dev.lanewise.model.LanewiseException}. Knows nothing of the command line, or of catalogues.
 */
package dev.lanewise.model.task;
