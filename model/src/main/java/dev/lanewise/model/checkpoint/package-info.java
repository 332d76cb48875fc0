/**
 * Checkpoint files (GGUF, safetensors) as metadata and named tensors over mapped memory, checked
 * before anything is believed. Knows no architecture and no tokenizer: it neither interprets a key
 * nor asks for a tensor of its own accord.
 */
package dev.lanewise.model.checkpoint;
