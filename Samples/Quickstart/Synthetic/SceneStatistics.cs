using System.Globalization;
using System.Text;
using Fovea;

namespace Quickstart.Synthetic;

/// <summary>What makes a detection set hard or easy, in a few lines.</summary>
internal static class SceneStatistics
{
    private static readonly int[] Sides = [12, 24, 48, 96, 201];

    /// <summary>Images, boxes by class and size, the share that overlaps another, and the share of the picture that boxes cover.</summary>
    public static string Describe<TClass>(DetectionDataset<TClass> dataset)
        where TClass : struct, Enum
    {
        var report = dataset.Report;
        var histogram = new int[Sides.Length - 1];
        var overlapping = 0;
        double covered = 0, area = 0, minSide = double.MaxValue, maxSide = 0;
        for (var i = 0; i < dataset.Count; i++)
        {
            var item = dataset[i];
            area += (double)item.Width * item.Height;
            covered += CoveredPixels(item);
            foreach (var o in item.Objects)
            {
                var side = Math.Max(o.Box.Width, o.Box.Height);
                minSide = Math.Min(minSide, Math.Min(o.Box.Width, o.Box.Height));
                maxSide = Math.Max(maxSide, side);
                histogram[Array.FindLastIndex(Sides, histogram.Length - 1, s => s <= side)]++;
                overlapping += item.Objects.Any(other => other != o && Overlap(o.Box, other.Box) > 0) ? 1 : 0;
            }
        }

        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.AppendLine(culture, $"images        {report.Images}, {report.ImagesWithoutObjects} of them without objects");
        var classes = string.Join(", ", report.ObjectsPerClass.Select(c => $"{c.Class} {c.Objects}"));
        var sides = string.Join(", ", histogram.Select((n, b) => $"{Sides[b]}–{Sides[b + 1] - 1} px {n}"));
        text.AppendLine(culture, $"boxes         {report.Objects}: {classes}");
        text.AppendLine(culture, $"sides         {minSide:0} to {maxSide:0} px; longer side: {sides}");
        text.AppendLine(culture, $"overlapping   {(double)overlapping / Math.Max(1, report.Objects):P0} of the boxes overlap another");
        text.Append(culture, $"foreground    boxes cover {covered / area:P0} of the pixels");
        return text.ToString();
    }

    private static int CoveredPixels<TClass>(DatasetItem<TClass> item)
        where TClass : struct, Enum
    {
        var mask = new bool[item.Width * item.Height];
        foreach (var o in item.Objects)
        {
            for (var y = (int)o.Box.Y1; y < Math.Min(item.Height, (int)MathF.Ceiling(o.Box.Y2)); y++)
            {
                var (left, right) = ((int)o.Box.X1, Math.Min(item.Width, (int)MathF.Ceiling(o.Box.X2)));
                mask.AsSpan((y * item.Width) + left, right - left).Fill(true);
            }
        }

        return mask.Count(m => m);
    }

    private static float Overlap(Box a, Box b) =>
        new Box(Math.Max(a.X1, b.X1), Math.Max(a.Y1, b.Y1), Math.Min(a.X2, b.X2), Math.Min(a.Y2, b.Y2)).Area;
}
