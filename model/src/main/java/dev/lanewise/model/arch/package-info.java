/**
 * One file per architecture: its paper, its sizes, the names of its tensors, its block and its
 * forward pass. Knows layers and checkpoints, but no text and no sampling.
 */
package dev.lanewise.model.arch;
