/**
 * Training: a small GPT-2 from nothing on the bytes of a text, or one that has learnt before on the
 * tokens that it knows. Losses, backward passes and the optimiser; every operation works on buffers
 * that are made once, so that a step allocates nothing, and has the same bits for any number of
 * threads. What was learnt becomes a GGUF file like any other. A trainer owns threads and serves
 * one caller at a time. Knows nothing of the command line.
 */
package dev.lanewise.model.train;
