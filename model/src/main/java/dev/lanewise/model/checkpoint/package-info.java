/**
 * Checkpoint files (GGUF, safetensors, PyTorch's, the weights of ONNX files) as metadata and named
 * tensors over mapped memory, checked before anything is believed; {@code GgufBuilder} writes some.
 * Knows no architecture and no tokenizer: it neither interprets a key nor asks for a tensor of its
 * own accord. Only of ONNX files, which say nothing of themselves, {@code OnnxConfig} tells what
 * their graph shows.
 */
package dev.lanewise.model.checkpoint;
