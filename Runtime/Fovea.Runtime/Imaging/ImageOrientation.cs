namespace Fovea;

/// <summary>Where a file's first row and column belong in the upright picture.</summary>
/// <remarks>Source: EXIF 2.32 and TIFF 6.0, tag 0x0112, whose numbers these are.</remarks>
public enum ImageOrientation
{
    /// <summary>Rows from the top, columns from the left: as it is shown.</summary>
    TopLeft = 1,

    /// <summary>Mirrored.</summary>
    TopRight = 2,

    /// <summary>Turned by a half.</summary>
    BottomRight = 3,

    /// <summary>Upside down, mirrored.</summary>
    BottomLeft = 4,

    /// <summary>Rows and columns exchanged.</summary>
    LeftTop = 5,

    /// <summary>To be turned a quarter to the right.</summary>
    RightTop = 6,

    /// <summary>Rows and columns exchanged, turned by a half.</summary>
    RightBottom = 7,

    /// <summary>To be turned a quarter to the left.</summary>
    LeftBottom = 8,
}
