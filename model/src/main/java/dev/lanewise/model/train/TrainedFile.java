package dev.lanewise.model.train;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.tokenizer.ByteCharacters;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What was learnt as a GGUF file: a GPT-2 with a byte-pair tokenizer that merges nothing, so that
 * every byte is a token.
 */
final class TrainedFile {
  private TrainedFile() {}

  static void write(
      Path file, TrainingOptions options, TrainingText text, List<Parameter> parameters) {
    GgufBuilder builder = metadata(options, text);
    for (Parameter parameter : parameters) {
      Matrix matrix = Matrix.of(parameter.values(), parameter.rows(), parameter.cols());
      builder.tensor(parameter.name(), matrix);
    }
    builder.writeNew(file);
  }

  private static GgufBuilder metadata(TrainingOptions options, TrainingText text) {
    List<String> tokens =
        IntStream.range(0, text.vocabSize())
            .mapToObj(token -> String.valueOf(ByteCharacters.character(text.value(token))))
            .toList();
    return new GgufBuilder()
        .string("general.architecture", "gpt2")
        .uint32("gpt2.context_length", options.context())
        .uint32("gpt2.embedding_length", options.dim())
        .uint32("gpt2.feed_forward_length", options.hidden())
        .uint32("gpt2.block_count", options.layers())
        .uint32("gpt2.attention.head_count", options.heads())
        .float32("gpt2.attention.layer_norm_epsilon", TrainableNorm.EPSILON)
        .string("tokenizer.ggml.model", "gpt2")
        .string("tokenizer.ggml.pre", "gpt-2")
        .strings("tokenizer.ggml.tokens", tokens)
        .strings("tokenizer.ggml.merges", List.of());
  }
}
