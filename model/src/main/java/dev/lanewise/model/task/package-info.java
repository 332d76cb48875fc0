/**
 * What people do with encoders of texts and images, and with encoder–decoders: one class per task,
 * from texts or files to results, with batching, progress and cancellation. A model, such as {@link
 * dev.lanewise.model.task.TextModel}, is shared; what works with it has threads and buffers of its
 * own and serves one caller at a time. In a thread that was interrupted they throw {@link
 * java.util.concurrent.CancellationException}, which is an {@link IllegalStateException}, as they
 * do for a progress that says so. Knows nothing of the command line, or of where model files come
 * from.
 */
package dev.lanewise.model.task;
