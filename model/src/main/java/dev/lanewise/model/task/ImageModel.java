package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.ImageEncoder;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.image.Pixels;
import dev.lanewise.model.image.PreprocessorConfig;
import java.nio.file.Path;

/**
 * An encoder of images with what its makers say about how images are prepared: what every task
 * about images begins with.
 *
 * <p>Immutable: any number of tasks, each in its own thread, may share it. The memory of its
 * weights, which are mapped from the file or copied from it, is given back by {@link #close}, or
 * some time after the model has become unreachable.
 *
 * @param encoder what turns pixels into hidden states and scores
 * @param preprocessor how images become its pixels
 * @param metadata what the file says besides
 */
public record ImageModel(ImageEncoder encoder, PreprocessorConfig preprocessor, Metadata metadata)
    implements AutoCloseable {
  /**
   * Checks that what is prepared is what the encoder reads.
   *
   * @throws LanewiseException if sizes or channels differ
   */
  public ImageModel {
    if (encoder.channels() != Pixels.CHANNELS) {
      throw new LanewiseException(
          "%s: num_channels is %d; images of files have 3"
              .formatted(metadata.file(), encoder.channels()));
    }
    PreprocessorConfig.Size output = preprocessor.output();
    if (output != null
        && (output.height() != encoder.height() || output.width() != encoder.width())) {
      throw new LanewiseException(
          "%s: prepares images of %d x %d pixels, but the model reads %d x %d; take the model's own"
              .formatted(
                  preprocessor.file(),
                  output.width(),
                  output.height(),
                  encoder.width(),
                  encoder.height()));
    }
  }

  /**
   * Loads a model from a folder of the Hugging Face hub, or from a file of weights in one.
   *
   * @throws LanewiseException if it cannot be read, is damaged, has no {@code
   *     preprocessor_config.json}, or holds something else than an image encoder of a known
   *     architecture
   */
  public static ImageModel load(Path path) {
    return Checkpoint.load(path, ImageModel::of);
  }

  private static ImageModel of(Checkpoint checkpoint) {
    ImageEncoder encoder = Architectures.loadImageEncoder(checkpoint);
    return new ImageModel(encoder, preprocessor(checkpoint), checkpoint.metadata());
  }

  /**
   * Gives back the memory of the weights. Tasks that use the model, in whatever thread, end in an
   * {@link IllegalStateException} from now on.
   */
  @Override
  public void close() {
    encoder.close();
  }

  private static PreprocessorConfig preprocessor(Checkpoint checkpoint) {
    if (checkpoint instanceof HuggingFace hub) {
      return PreprocessorConfig.read(hub.folder());
    }
    throw new LanewiseException(
        checkpoint.file()
            + ": does not say how images are to be prepared; take a folder of the Hugging Face hub"
            + " with "
            + PreprocessorConfig.FILE);
  }
}
