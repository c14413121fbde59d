namespace Fovea;

/// <summary>What a picture file declares before its pixels.</summary>
/// <param name="Format">The kind of file.</param>
/// <param name="Width">As stored, in pixels.</param>
/// <param name="Height">As stored, in pixels.</param>
/// <param name="Orientation">How the stored picture becomes upright.</param>
public readonly record struct ImageHeader(
    ImageFormat Format, int Width, int Height, ImageOrientation Orientation = ImageOrientation.TopLeft)
{
    /// <summary>Width · Height.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>Width and height of the upright picture, in pixels.</summary>
    public (int Width, int Height) UprightSize => Orientation >= ImageOrientation.LeftTop ? (Height, Width) : (Width, Height);
}
