/**
 * Checkpoints, tokenizers, layers, architectures, generation and tasks, on nothing but the kernels.
 *
 * <p>Where to begin: {@link dev.lanewise.model.generate.LanguageModel} generates text, {@link
 * dev.lanewise.model.task.Embedder} turns texts into vectors, and the other classes of {@link
 * dev.lanewise.model.task} classify, tag, search, rerank, answer, fill in, translate and label;
 * {@link dev.lanewise.model.train.Trainer} makes a small model of a text. Models may be shared by
 * threads; what works with them serves one caller at a time. Input that cannot be used ends in a
 * {@link dev.lanewise.model.LanewiseException}.
 */
module dev.lanewise.model {
  requires transitive dev.lanewise.kernels;
  requires java.net.http;
  requires static java.desktop; // decodes images, if it is there
  requires static jdk.httpserver; // serves, if it is there

  exports dev.lanewise.model;
  exports dev.lanewise.model.arch;
  exports dev.lanewise.model.catalogue;
  exports dev.lanewise.model.checkpoint;
  exports dev.lanewise.model.generate;
  exports dev.lanewise.model.image;
  exports dev.lanewise.model.json;
  exports dev.lanewise.model.nn;
  exports dev.lanewise.model.task;
  exports dev.lanewise.model.tokenizer;
  exports dev.lanewise.model.train;
}
