package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.ProtocolBuffer;
import dev.lanewise.model.StringTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * SentencePiece's own file, {@code spiece.model} or {@code tokenizer.model}: a protocol buffer with
 * the pieces, and with how texts are normalised.
 *
 * <p>Source of the field numbers: {@code sentencepiece_model.proto} of the SentencePiece project.
 */
public final class SentencePieceModel {
  private static final long MAX_BYTES = 256L << 20;

  // Fields of ModelProto.
  private static final int PIECES = 1;
  private static final int TRAINER = 2;
  private static final int NORMALIZER = 3;

  // Fields of SentencePiece.
  private static final int PIECE = 1;
  private static final int SCORE = 2;
  private static final int TYPE = 3;

  // Fields of TrainerSpec.
  private static final int MODEL_TYPE = 3;
  private static final int UNKNOWN_SURFACE = 44;

  // Fields of NormalizerSpec.
  private static final int CHARACTER_MAP = 2;
  private static final int ADD_PREFIX = 3;
  private static final int MERGE_SPACES = 4;

  private static final int UNIGRAM = 1;
  private static final int BYTE_PAIR = 2;

  private final String file;
  private final List<String> pieces = new ArrayList<>();
  private float[] scores = new float[1024];
  private int[] kinds = new int[1024];
  private int modelType = UNIGRAM;
  private String unknownSurface = " \u2047 ";
  private CharacterMap map = CharacterMap.identity();
  private boolean prefix = true;
  private boolean mergeSpaces = true;

  private SentencePieceModel(String file) {
    this.file = file;
  }

  /**
   * The tokenizer in a file.
   *
   * @throws LanewiseException if the file cannot be read, is damaged, or holds a model of another
   *     kind than unigram or byte-pair encoding
   */
  public static Tokenizer load(Path path) {
    byte[] bytes;
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw new LanewiseException(
            path + ": has " + Files.size(path) + " bytes, more than the limit of " + MAX_BYTES);
      }
      bytes = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new LanewiseException(path + ": cannot be read: " + e.getMessage(), e);
    }
    SentencePieceModel model = new SentencePieceModel(path.toString());
    model.read(new ProtocolBuffer(path.toString(), bytes));
    return model.tokenizer();
  }

  private void read(ProtocolBuffer file) {
    while (file.next()) {
      switch (file.field()) {
        case PIECES -> readPiece(file.message());
        case TRAINER -> readTrainer(file.message());
        case NORMALIZER -> readNormalizer(file.message());
        default -> file.skip();
      }
    }
  }

  private void readPiece(ProtocolBuffer piece) {
    int id = pieces.size();
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, 2 * id);
      kinds = Arrays.copyOf(kinds, 2 * id);
    }
    String text = "";
    kinds[id] = Vocabulary.NORMAL;
    while (piece.next()) {
      switch (piece.field()) {
        case PIECE -> text = new String(piece.bytes(), StandardCharsets.UTF_8);
        case SCORE -> scores[id] = piece.float32();
        case TYPE -> kinds[id] = (int) piece.number();
        default -> piece.skip();
      }
    }
    pieces.add(text);
  }

  private void readTrainer(ProtocolBuffer trainer) {
    while (trainer.next()) {
      switch (trainer.field()) {
        case MODEL_TYPE -> modelType = (int) trainer.number();
        case UNKNOWN_SURFACE ->
            unknownSurface = new String(trainer.bytes(), StandardCharsets.UTF_8);
        default -> trainer.skip();
      }
    }
  }

  private void readNormalizer(ProtocolBuffer normalizer) {
    while (normalizer.next()) {
      switch (normalizer.field()) {
        case CHARACTER_MAP ->
            map = CharacterMap.of(file + ": precompiled_charsmap", normalizer.bytes());
        case ADD_PREFIX -> prefix = normalizer.number() != 0;
        case MERGE_SPACES -> mergeSpaces = normalizer.number() != 0;
        default -> normalizer.skip();
      }
    }
  }

  private Tokenizer tokenizer() {
    int size = pieces.size();
    Vocabulary.Builder builder =
        Vocabulary.builder(file + ": ", StringTable.of(pieces.toArray(String[]::new)))
            .kinds(Arrays.copyOf(kinds, size))
            .unknownText(unknownSurface);
    for (int id = 0; id < size; id++) {
      if (kinds[id] == Vocabulary.UNKNOWN) {
        builder.unknown(id);
      }
    }
    int end = pieces.indexOf("</s>");
    if (end >= 0) {
      builder.end(end);
    }
    Vocabulary vocabulary = builder.build();
    float[] all = Arrays.copyOf(scores, size);
    return switch (modelType) {
      case UNIGRAM -> new UnigramTokenizer(vocabulary, all, map, prefix, mergeSpaces);
      case BYTE_PAIR -> new SentencePieceBpeTokenizer(vocabulary, all, map, prefix, mergeSpaces);
      default ->
          throw new LanewiseException(
              file + ": model type " + modelType + " is not supported; known are 1 and 2");
    };
  }
}
