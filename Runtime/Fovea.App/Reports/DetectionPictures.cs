using System.Globalization;

namespace Fovea;

/// <summary>Pictures with what was found in them.</summary>
public static class DetectionPictures
{
    private const float Shown = 0.3f;
    private const int Small = 500;

    /// <summary>Draws detections and saves the picture; small pictures are enlarged, so that labels can be read.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="picture">Not changed.</param>
    /// <param name="detections">All of them are drawn.</param>
    /// <param name="path">Replaced whole: JPEG where it ends in .jpg or .jpeg, else PNG.</param>
    public static void Save<TClass>(RgbImage picture, IEnumerable<Detection<TClass>> detections, string path)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(detections);
        var drawn = DetectionDrawing.Draw(picture, detections, Math.Max(picture.Width, picture.Height) < Small ? 2 : 1);
        if (Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG")
        {
            ImageFile.SaveJpeg(drawn, path);
        }
        else
        {
            ImageFile.SavePng(drawn, path);
        }
    }

    /// <summary>Detects in some images of a data set, spread over it, and saves them; those with most objects would all look alike.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="detector">As trained.</param>
    /// <param name="dataset">Usually one that it was not trained on.</param>
    /// <param name="folder">Created where it does not exist.</param>
    /// <param name="most">Pictures at the most.</param>
    /// <returns>How many were saved.</returns>
    public static int SaveSome<TClass>(Detector<TClass> detector, DetectionDataset<TClass> dataset, string folder, int most)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(dataset);
        Directory.CreateDirectory(folder);
        var count = Math.Min(most, dataset.Count);
        for (var i = 0; i < count; i++)
        {
            var picture = dataset.LoadImage((int)((long)i * dataset.Count / count));
            var found = detector.Detect(picture).Where(d => d.Score >= Shown);
            Save(picture, found, Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{i:D2}.png")));
        }

        return count;
    }
}
