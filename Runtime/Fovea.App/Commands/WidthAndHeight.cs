using System.Globalization;

namespace Fovea.App.Commands;

/// <summary>A size as options say it: 640x480.</summary>
internal static class WidthAndHeight
{
    /// <summary>What is said.</summary>
    /// <param name="option">Its name, for the error.</param>
    /// <param name="text">WIDTHxHEIGHT, in pixels.</param>
    /// <exception cref="ArgumentException">It is no size.</exception>
    public static (int Width, int Height) Parse(string option, string text) => text.Split('x', 'X', '×') is [var w, var h]
        && int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var width)
        && int.TryParse(h, NumberStyles.None, CultureInfo.InvariantCulture, out var height)
        && width > 0 && height > 0
        ? (width, height)
        : throw new ArgumentException($"{option} {text}: expected WIDTHxHEIGHT, as 640x480.");
}
