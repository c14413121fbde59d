using System.Globalization;
using System.Text;

namespace Fovea.App.Inspection;

/// <summary>An inspection for a person to read.</summary>
internal static class InspectionText
{
    private const int Shown = 10;

    /// <summary>All of it.</summary>
    public static string Write(Inspection inspection)
    {
        var text = new StringBuilder();
        Line(text, $"{inspection.Model}: canvas {inspection.Canvas}, finest stride {inspection.FinestStride}");
        foreach (var split in inspection.Splits)
        {
            Write(text, split, inspection.FinestStride);
        }

        Write(text, "pictures that are there twice", [.. inspection.Duplicates.Select(d => $"{d.First} and {d.Second}{(d.Exact ? "" : " (nearly)")}{(d.SameSplit ? "" : ", across splits")}")]);
        Write(text, "errors", inspection.Errors);
        Write(text, "advice", inspection.Advice);
        return text.ToString();
    }

    private static void Write(StringBuilder text, SplitInspection s, int stride)
    {
        text.AppendLine();
        Line(text, $"{s.Split}  {s.Source}");
        Line(text, $"  {s.Images} images ({s.ImagesWithoutObjects} without objects), {s.Objects} objects, at most {s.MostObjects} in one{(s.Crowds > 0 ? $", {s.Crowds} crowd regions" : "")}");
        Line(text, $"  sizes {string.Join(", ", s.PictureSizes.Select(p => $"{p.Name} ({p.Count})"))}");
        var width = Math.Max(5, s.Classes.Max(c => Math.Min(30, c.Name.Length)));
        text.AppendLine();
        Line(text, $"  {"class".PadRight(width)}  objects  images  size on the canvas (least, 5 %, median, 95 %)  under {2 * stride} px  anchors fit  mean IoU");
        foreach (var c in s.Classes)
        {
            var name = (c.Name.Length > 30 ? c.Name[..29] + "…" : c.Name).PadRight(width);
            Line(text, $"  {name}  {c.Objects,7}  {c.Images,6}  {c.SmallestSize,12:0.0}{c.LowSize,9:0.0}{c.MedianSize,11:0.0}{c.HighSize,12:0.0}  {c.SmallerThanTwoStrides,9}  {c.Covered,11:P0}  {c.MeanIoU,8:0.00}");
        }

        text.AppendLine();
        Line(text, $"  level  stride  objects  anchors fit  mean IoU");
        foreach (var l in s.Levels)
        {
            Line(text, $"  {l.Name,-5}  {l.Stride,6}  {l.Objects,7}  {l.Covered,11:P0}  {l.MeanIoU,8:0.00}");
        }

        foreach (var suspicion in s.Suspicious)
        {
            Line(text, $"  {suspicion.Count} × {suspicion.Kind}: {string.Join("; ", suspicion.Examples)}{(suspicion.Count > suspicion.Examples.Count ? "; …" : "")}");
        }
    }

    private static void Write(StringBuilder text, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        text.AppendLine();
        Line(text, $"{title} ({lines.Count})");
        foreach (var line in lines.Take(Shown))
        {
            Line(text, $"  {line}");
        }

        if (lines.Count > Shown)
        {
            Line(text, $"  … and {lines.Count - Shown} more");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
