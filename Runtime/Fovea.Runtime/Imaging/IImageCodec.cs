namespace Fovea;

/// <summary>
/// Turns picture files into pixels and back: the seam to a library of pictures. <see cref="ImageFile"/> is what uses it. It reads the
/// header, compares its size with <see cref="ImageLimits"/> before it asks for pixels, and turns these upright; so a codec knows neither
/// limits nor orientations. <see cref="ImageFile.Codec"/> chooses it. Its methods are called on several threads at once.
/// </summary>
public interface IImageCodec
{
    /// <summary>The library with its version, for reports.</summary>
    string Name { get; }

    /// <summary>The kinds of files that it decodes, for messages: "JPEG, PNG or GIF".</summary>
    string Formats { get; }

    /// <summary>What a file declares; reads no pixels, and no more of the file than it must.</summary>
    /// <param name="content">The file from position 0 on; it can be sought in and stays open.</param>
    /// <param name="name">How messages call it.</param>
    /// <exception cref="InvalidImageException">It is no picture: <see cref="InvalidImageException.NotAPicture"/>.</exception>
    ImageHeader ReadHeader(Stream content, string name);

    /// <summary>
    /// The pixels as they are stored: not turned, 8 bits a sample, the higher ones of 16, without colour management; alpha is dropped, not
    /// blended. What the file does not cover (of a frame smaller than its screen) is black. Memory is a few bytes for each pixel that the
    /// header declares, whatever else the file says.
    /// </summary>
    /// <param name="content">The file.</param>
    /// <param name="header">What <see cref="ReadHeader"/> has found; its size is allowed.</param>
    /// <param name="name">How messages call it.</param>
    /// <returns>Of the header's size.</returns>
    /// <exception cref="InvalidImageException">
    /// The file is cut off or damaged (<see cref="InvalidImageException.CutOff"/>, <see cref="InvalidImageException.Damaged"/>). Nothing else
    /// is thrown, whatever the bytes are.
    /// </exception>
    RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header, string name);

    /// <summary>Writes a JPEG or PNG file's content.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="format"><see cref="ImageFormat.Jpeg"/> or <see cref="ImageFormat.Png"/>.</param>
    /// <param name="quality">Of JPEG, 1 … 100.</param>
    /// <param name="destination">Takes the bytes; stays open.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another format.</exception>
    /// <exception cref="NotSupportedException">The application was built without the writer of this one.</exception>
    void Encode(RgbImage image, ImageFormat format, int quality, Stream destination);
}
