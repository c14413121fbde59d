namespace Fovea.Data.Reading;

/// <summary>Where YOLO's label files are.</summary>
internal static class YoloLabels
{
    /// <summary>The label file of a picture: the last folder "images" of its path is "labels", or it lies beside; null where there is
    /// none.</summary>
    public static string? Of(string image)
    {
        var text = Path.ChangeExtension(image, ".txt");
        var marker = $"{Path.DirectorySeparatorChar}images{Path.DirectorySeparatorChar}";
        var at = text.LastIndexOf(marker, StringComparison.Ordinal);
        if (at >= 0)
        {
            var separator = Path.DirectorySeparatorChar;
            var labels = $"{text[..at]}{separator}labels{separator}{text[(at + marker.Length)..]}";
            if (File.Exists(labels))
            {
                return labels;
            }
        }

        return File.Exists(text) ? text : null;
    }
}
