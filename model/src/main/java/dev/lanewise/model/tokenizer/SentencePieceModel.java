package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.ProtocolBuffer;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
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
    return read(path).tokenizer();
  }

  /**
   * The tokenizer in a file whose pieces have other ids, as Marian's models have it
   * (Junczys-Dowmunt et al. 2018, arXiv:1804.00344): one vocabulary of two languages, and a file of
   * pieces and scores for texts of the first. The pieces of the second spell texts that are
   * decoded, and none that are encoded. {@code </s>} ends sequences.
   *
   * @param path of the pieces and scores
   * @param vocabulary a JSON object from pieces to ids
   * @throws LanewiseException if a file cannot be read, is damaged, or the pieces are of another
   *     kind than unigram
   */
  public static Tokenizer load(Path path, Path vocabulary) {
    return read(path).tokenizer(Json.read(vocabulary));
  }

  private static SentencePieceModel read(Path path) {
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
    return model;
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

  private Tokenizer tokenizer(JsonView ids) {
    if (modelType != UNIGRAM) {
      throw new LanewiseException(
          "%s: model type %d is not supported with a vocabulary of its own; known is 1"
              .formatted(file, modelType));
    }
    int size = ids.keys().size();
    String[] all = new String[size];
    for (String piece : ids.keys()) {
      int id = ids.integer(piece);
      if (id < 0 || id >= size || all[id] != null) {
        throw ids.at(piece).failure("is " + id + ", expected each of 0 to " + (size - 1) + " once");
      }
      all[id] = piece;
    }
    int end = ids.integer("</s>");
    int unknown = ids.integer("<unk>");
    int[] newKinds = new int[size];
    Arrays.fill(newKinds, Vocabulary.NORMAL);
    newKinds[unknown] = Vocabulary.UNKNOWN;
    newKinds[end] = Vocabulary.CONTROL;
    if (ids.has("<pad>")) {
      newKinds[ids.integer("<pad>")] = Vocabulary.CONTROL;
    }
    return new UnigramTokenizer(
        Vocabulary.builder(ids.source() + ": ", StringTable.of(all))
            .kinds(newKinds)
            .unknown(unknown)
            .end(end)
            .after(end)
            .build(),
        likelihoods(ids, all),
        new SentencePieceText(map, prefix, mergeSpaces),
        PreTokenizer.NONE,
        prefix);
  }

  /**
   * The scores of this file by other ids. Characters that are in the vocabulary alone are as likely
   * as unknown ones: they are found where no piece of this file spells them.
   */
  private double[] likelihoods(JsonView ids, String[] all) {
    double least = 0;
    for (int i = 0; i < pieces.size(); i++) {
      least = kinds[i] == Vocabulary.NORMAL ? Math.min(least, scores[i]) : least;
    }
    double[] likelihoods = new double[all.length];
    for (int id = 0; id < all.length; id++) {
      boolean character = all[id].codePointCount(0, all[id].length()) == 1;
      likelihoods[id] =
          character ? least - UnigramTokenizer.UNKNOWN_PENALTY : Double.NEGATIVE_INFINITY;
    }
    for (int i = 0; i < pieces.size(); i++) {
      if (kinds[i] == Vocabulary.NORMAL && ids.has(pieces.get(i))) {
        likelihoods[ids.integer(pieces.get(i))] = scores[i];
      }
    }
    return likelihoods;
  }
}
