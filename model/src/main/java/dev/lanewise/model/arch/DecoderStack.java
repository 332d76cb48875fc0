package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.Norm;
import dev.lanewise.model.nn.RotaryEmbedding;

/**
 * A decoder that an architecture made of a checkpoint, without what stands on top of it.
 *
 * @param weights by GGUF's names, for what is to stand there
 * @param ropes the rotary embeddings that attention uses, by their index
 * @param norm the last
 * @param logitScale factor on the logits of a language model
 * @param logitCap c in c · tanh(logit / c) for them, or 0 for none
 */
record DecoderStack(
    Weights weights,
    DecoderConfig config,
    Embedding embedding,
    RotaryEmbedding[] ropes,
    DecoderBlock[] blocks,
    Norm norm,
    float logitScale,
    float logitCap) {}
