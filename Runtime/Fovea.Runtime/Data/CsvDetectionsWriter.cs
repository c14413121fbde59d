using System.Globalization;
using System.Text;
using Fovea.Files;

namespace Fovea;

/// <summary>
/// Writes detections as comma-separated values, a row an object, with a head line: filename, width, height, class, score, xmin, ymin, xmax,
/// ymax. A picture without detections has a row whose last six columns are empty. <see cref="CsvDataset{TClass}"/> reads it.
/// </summary>
public static class CsvDetectionsWriter
{
    /// <summary>Writes a file; what was there is replaced only when the new one is complete.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="pictures">In the order in which they are to be written.</param>
    /// <param name="path">The file, UTF-8; its folder is made where it is missing.</param>
    /// <exception cref="IOException">It could not be written; the old file is whole.</exception>
    public static void Write<TClass>(IEnumerable<PictureDetections<TClass>> pictures, string path)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(pictures);
        AtomicFile.Write(path, file =>
        {
            void WriteLine(string line) => file.Write(Encoding.UTF8.GetBytes(line + "\n"));
            WriteLine("filename,width,height,class,score,xmin,ymin,xmax,ymax");
            foreach (var picture in pictures)
            {
                var start = string.Create(CultureInfo.InvariantCulture, $"{Quote(picture.Name)},{picture.Width},{picture.Height}");
                foreach (var found in picture.Detections)
                {
                    var (name, box) = (Quote(ClassMap<TClass>.Instance.NameOf(found.Class)), found.Box);
                    WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"{start},{name},{found.Score:R},{box.X1:R},{box.Y1:R},{box.X2:R},{box.Y2:R}"));
                }

                if (picture.Detections.Count == 0)
                {
                    WriteLine($"{start},,,,,,");
                }
            }
        });
    }

    /// <summary>As RFC 4180 has it.</summary>
    private static string Quote(string text) => text.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : text;
}
