package dev.lanewise.model;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/**
 * What is thrown for bad input: a file, a prompt or a setting that cannot be used. The message says
 * what was wrong, where (file, key or tensor, offset, limit), and what to do.
 */
public class LanewiseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message meant for the user. */
  public LanewiseException(String message) {
    super(message);
  }

  /** Creates an exception with a message meant for the user and what led to it. */
  public LanewiseException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * What to throw if a file cannot be read.
   *
   * @param file its path, as the user knows it
   */
  public static LanewiseException cannotRead(Object file, IOException cause) {
    String why =
        switch (cause) {
          case NoSuchFileException _ -> "no such file; check the path";
          case AccessDeniedException _ -> "no permission to read the file";
          case ClosedByInterruptException _ -> "the thread that read it was interrupted";
          default -> "cannot be read: " + cause.getMessage();
        };
    return new LanewiseException(file + ": " + why, cause);
  }

  /**
   * What to throw if a file cannot be written.
   *
   * @param file its path, as the user knows it
   */
  public static LanewiseException cannotWrite(Object file, IOException cause) {
    String why =
        switch (cause) {
          case NoSuchFileException _ -> "there is no such folder";
          case AccessDeniedException _ -> "no permission to write there";
          case FileAlreadyExistsException _ ->
              "it has come to be there meanwhile; it was left alone";
          case ClosedByInterruptException _ -> "the thread that wrote it was interrupted";
          default -> cause.getMessage();
        };
    return new LanewiseException(file + ": cannot be written: " + why, cause);
  }

  /** What to throw if results cannot be written to standard output, which does not tell why. */
  public static LanewiseException cannotWriteResults() {
    return new LanewiseException(
        "standard output: cannot write; its reader is gone, or there is no room left");
  }
}
