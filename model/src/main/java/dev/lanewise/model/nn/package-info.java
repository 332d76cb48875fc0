/**
 * The layers of a transformer: what each computes and the buffers it works in. Knows weights and
 * kernels, but no architecture, file format or token.
 */
package dev.lanewise.model.nn;
