package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokenizers in the files that the Hugging Face hub keeps beside a model's weights: {@code
 * tokenizer.json}; where there is none, SentencePiece's own file, {@code vocab.json} with {@code
 * merges.txt}, or {@code vocab.txt}. What the older files leave out (special tokens, ids that begin
 * elsewhere, what stands around texts) comes from the class of tokenizers that {@code
 * tokenizer_config.json} or {@code config.json} names.
 */
public final class TokenizerFiles {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String MARIAN = "source.spm";
  private static final String TABLE = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String LINES = "vocab.txt";
  private static final List<String> SENTENCE_PIECE =
      List.of("spiece.model", "sentencepiece.bpe.model", "spm.model", "tokenizer.model");

  private TokenizerFiles() {}

  /** Whether a path is a folder, or a file that is a tokenizer by its name. */
  public static boolean isOne(Path path) {
    String name = path.getFileName() == null ? "" : path.getFileName().toString();
    return Files.isDirectory(path)
        || name.endsWith(TOKENIZER)
        || name.equals(LINES)
        || name.equals(TABLE)
        || name.endsWith(".model")
        || name.endsWith(".spm");
  }

  /**
   * The tokenizer of a folder, or in a file with what lies beside it.
   *
   * @throws LanewiseException if there is none, or it is damaged or unknown; the message names the
   *     file
   */
  public static Tokenizer load(Path path) {
    if (Files.isDirectory(path)) {
      return ofFolder(path);
    }
    Path folder = path.toAbsolutePath().getParent();
    HubTokenConfig config = new HubTokenConfig(folder);
    String name = path.getFileName().toString();
    return switch (name) {
      case MARIAN, TABLE, LINES -> ofFolder(folder, config, name);
      default -> name.endsWith(".json") ? hub(path, config) : SentencePieceModel.load(path, config);
    };
  }

  private static Tokenizer hub(Path file, HubTokenConfig config) {
    return HubTokenizer.of(HubOverrides.applied(Json.read(file), config), config);
  }

  private static Tokenizer ofFolder(Path folder) {
    List<String> names = new ArrayList<>(List.of(TOKENIZER, MARIAN));
    names.addAll(SENTENCE_PIECE);
    if (Files.exists(folder.resolve(MERGES))) {
      names.add(TABLE);
    }
    names.add(LINES);
    for (String name : names) {
      if (Files.exists(folder.resolve(name))) {
        return ofFolder(folder, new HubTokenConfig(folder), name);
      }
    }
    throw new LanewiseException(
        ("%s: has no tokenizer: neither %s nor %s nor any of %s, nor %s with %s, nor %s; put the"
                + " model's own beside its weights")
            .formatted(folder, TOKENIZER, MARIAN, SENTENCE_PIECE, TABLE, MERGES, LINES));
  }

  private static Tokenizer ofFolder(Path folder, HubTokenConfig config, String name) {
    Path file = folder.resolve(name);
    return switch (name) {
      case TOKENIZER -> hub(file, config);
      case MARIAN -> MarianTokenizer.load(file, folder.resolve(TABLE), config);
      case TABLE -> HubVocabularyFiles.bytePair(file, folder.resolve(MERGES), config);
      case LINES -> HubVocabularyFiles.wordPiece(file, config);
      default -> SentencePieceModel.load(file, config);
    };
  }
}
