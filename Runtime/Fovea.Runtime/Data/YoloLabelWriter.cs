using System.Globalization;
using System.Text;
using Fovea.Files;

namespace Fovea;

/// <summary>
/// Writes detections as YOLO's labels, which <see cref="YoloDataset{TClass}"/> reads: for each picture a text, a line an object: class
/// number (the class's channel), centre, width and height as shares of the picture. The form has no place for a score.
/// </summary>
/// <remarks>Source: docs.ultralytics.com, "Object Detection Datasets Overview".</remarks>
public static class YoloLabelWriter
{
    /// <summary>Writes a picture's file, which is empty where nothing was found; what was there is replaced only when the new one is
    /// complete.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="picture">What was found; boxes are cut at the picture's edges.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <exception cref="IOException">It could not be written; the old file is whole.</exception>
    public static void Write<TClass>(PictureDetections<TClass> picture, string path)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(picture);
        var text = new StringBuilder();
        foreach (var found in picture.Detections)
        {
            var box = found.Box.Clip(picture.Width, picture.Height);
            double Share(double pixels, int side) => Math.Clamp(pixels / side, 0, 1);
            var (x, y) = (Share(((double)box.X1 + box.X2) / 2, picture.Width), Share(((double)box.Y1 + box.Y2) / 2, picture.Height));
            var (width, height) = (Share(box.Width, picture.Width), Share(box.Height, picture.Height));
            text.Append(CultureInfo.InvariantCulture, $"{ClassMap<TClass>.Instance.ChannelOf(found.Class)} {x:0.########} {y:0.########} ")
                .Append(CultureInfo.InvariantCulture, $"{width:0.########} {height:0.########}\n");
        }

        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text.ToString())), durable: false);
    }

    /// <summary>Writes the names of the class numbers, a line each from 0 on (<c>classes.txt</c>); "-" where a channel has no
    /// class.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <exception cref="IOException">It could not be written; the old file is whole.</exception>
    public static void WriteNames<TClass>(string path)
        where TClass : struct, Enum =>
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(ClassMap<TClass>.Instance.Names.Select(n => (n ?? "-") + "\n"))));
}
