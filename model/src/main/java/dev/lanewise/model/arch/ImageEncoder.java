package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.PatchShape;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.Workspace;
import java.util.Arrays;

/** An encoder of images: the embedding of patches, and the blocks and the head on top of it. */
public final class ImageEncoder extends EncoderModel {
  /**
   * How images are embedded: added tokens, then filters · patch + position for each patch.
   *
   * @param shape of the images and their patches
   * @param filters [dim × patchWidth]
   * @param positions [patches × dim]
   * @param added [added tokens × dim] what stands before the patches, with its positions
   */
  record Parts(PatchShape shape, Projections filters, float[] positions, float[] added) {}

  private final Parts parts;

  ImageEncoder(Parts parts, EncoderStack stack) {
    super(stack);
    this.parts = parts;
  }

  /** Planes of an image. */
  public int channels() {
    return parts.shape().channels();
  }

  /** Rows of an image. */
  public int height() {
    return parts.shape().height();
  }

  /** Columns of an image. */
  public int width() {
    return parts.shape().width();
  }

  /** Hidden states of an image: one for each patch, after those of the tokens added. */
  public int tokens() {
    return parts.shape().count() + parts.added().length / dim();
  }

  /**
   * A fresh session.
   *
   * @param kernels what computes; used by this session alone
   */
  public Session newSession(Kernels kernels) {
    return new Session(kernels);
  }

  /** The buffers of one caller; not safe for use by several threads. */
  public final class Session {
    private final Kernels kernels;
    private final Encoding encoding;
    private final EncoderStack.Embedding embedding = this::embed;
    private final float[] image = new float[channels() * height() * width()];
    private final float[] patches = new float[parts.shape().count() * parts.shape().patchWidth()];
    private final float[] embedded = new float[parts.shape().count() * dim()];
    private final float[][] toEmbedded = {embedded};
    private float[] pixels;

    private Session(Kernels kernels) {
      this.kernels = kernels;
      encoding = new Encoding(stack(), kernels);
    }

    /**
     * Encodes images.
     *
     * @param pixels [images × channels × height × width], normalised as the model wants them
     * @return valid until the next call
     * @throws LanewiseException if the pixels are not those of one image or more
     */
    public Encoding encode(float[] pixels) {
      int[] lengths = hold(pixels);
      encoding.run(embedding, lengths, tokens(), new int[lengths.length]);
      return encoding;
    }

    /**
     * The residual stream after a number of blocks: what the model thinks of each patch.
     *
     * @param layers blocks to pass: 0 gives the embedding, all of them what the last norm receives
     * @return [images × tokens × dim]
     * @throws LanewiseException as {@link #encode} does, or if there are not as many blocks
     */
    public float[] hiddenStates(float[] pixels, int layers) {
      return encoding.states(embedding, hold(pixels), tokens(), layers);
    }

    private int[] hold(float[] pixels) {
      if (pixels.length == 0 || pixels.length % image.length != 0) {
        throw new LanewiseException(
            "%d pixel values are not those of images of %d x %d x %d, which %s reads"
                .formatted(pixels.length, channels(), height(), width(), stack().file()));
      }
      this.pixels = pixels;
      int[] lengths = new int[pixels.length / image.length];
      Arrays.fill(lengths, tokens());
      return lengths;
    }

    private void embed(Workspace ws, int first, int count, int length) {
      for (int i = 0; i < count; i++) {
        System.arraycopy(pixels, (first + i) * image.length, image, 0, image.length);
        kernels.patches(image, patches, parts.shape());
        parts.filters().forward(kernels, patches, toEmbedded, parts.shape().count());
        kernels.add(parts.positions(), embedded, embedded.length);
        int to = i * length * dim();
        System.arraycopy(parts.added(), 0, ws.x, to, parts.added().length);
        System.arraycopy(embedded, 0, ws.x, to + parts.added().length, embedded.length);
      }
    }
  }
}
