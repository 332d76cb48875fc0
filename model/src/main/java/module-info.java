/**
 * Checkpoints, tokenizers, layers, architectures, generation and tasks, on nothing but the kernels.
 */
module dev.lanewise.model {
  requires transitive dev.lanewise.kernels;
  requires java.net.http;
  requires static java.desktop; // decodes images, if it is there

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
}
