package dev.lanewise.model.task;

/** How alike two vectors are. */
public enum Similarity {
  /** The cosine of the angle between them: their lengths do not count. */
  COSINE,

  /** Their dot product, for models whose vectors tell something by their length. */
  DOT
}
