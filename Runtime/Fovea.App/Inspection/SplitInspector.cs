using System.Globalization;

namespace Fovea.App.Inspection;

/// <summary>Measures one part of a data set at a detector's canvas.</summary>
/// <param name="model">The declaration.</param>
internal sealed class SplitInspector(ModelDescription model)
{
    private readonly CanvasFitter fitter = CanvasFitter.For(model);
    private readonly AnchorCoverage coverage = new(model.Anchors, model.MinLevel);

    /// <summary>Counts and measures; reads no picture.</summary>
    public SplitInspection Inspect<TClass>(string split, DetectionDataset<TClass> dataset, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var suspicions = new LabelSuspicions();
        suspicions.Note(dataset.Report);
        var objects = new List<Measured>();
        var sizes = new Dictionary<(int, int), int>();
        for (var i = 0; i < dataset.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var item = dataset[i];
            sizes[(item.Width, item.Height)] = sizes.GetValueOrDefault((item.Width, item.Height)) + 1;
            var place = fitter.Place(item.Width, item.Height);
            var canvas = fitter.CanvasFor(item.Width, item.Height);
            suspicions.Look(item, place, model.PostProcessing.NmsIoU);
            foreach (var o in item.Objects.Where(o => !o.IsCrowd))
            {
                var box = place.ToCanvas(o.Box);
                var (level, overlap) = coverage.Best(box, canvas);
                objects.Add(new Measured(i, dataset.Classes.ChannelOf(o.Class), box, level, overlap));
            }
        }

        var report = dataset.Report;
        return new SplitInspection(
            split, dataset.Name, dataset.Count, report.ImagesWithoutObjects, report.Objects, report.Crowds, report.MaxObjects,
            [.. sizes.OrderByDescending(s => s.Value).ThenBy(s => s.Key).Take(8)
                .Select(s => new Counted(string.Create(CultureInfo.InvariantCulture, $"{s.Key.Item1}×{s.Key.Item2}"), s.Value))],
            [.. dataset.Classes.Channels.Select(c => OfClass(dataset.Classes.Names[c]!, [.. objects.Where(o => o.Channel == c)]))],
            [.. Enumerable.Range(0, model.Anchors.Length).Select(l => OfLevel(l, [.. objects.Where(o => o.Level == l)]))],
            suspicions.ToList());
    }

    private ClassInspection OfClass(string name, Measured[] objects)
    {
        var sizes = objects.Select(o => Math.Sqrt(o.Box.Area)).Order().ToArray();
        double At(double share) => sizes.Length == 0 ? 0 : Math.Round(sizes[(int)((sizes.Length - 1) * share)], 1);
        var small = objects.Count(o => Math.Min(o.Box.Width, o.Box.Height) < 2 << model.MinLevel);
        return new ClassInspection(
            name, objects.Length, objects.Select(o => o.Image).Distinct().Count(), At(0), At(0.05), At(0.5), At(0.95), small, Covered(objects), Mean(objects));
    }

    private LevelInspection OfLevel(int level, Measured[] objects) =>
        new($"P{model.MinLevel + level}", 1 << (model.MinLevel + level), objects.Length, Covered(objects), Mean(objects));

    private double Covered(Measured[] objects) =>
        objects.Length == 0 ? 0 : Math.Round((double)objects.Count(o => o.IoU >= model.Matching.ForegroundIoU) / objects.Length, 4);

    private static double Mean(Measured[] objects) => objects.Length == 0 ? 0 : Math.Round(objects.Average(o => o.IoU), 4);

    private readonly record struct Measured(int Image, int Channel, Box Box, int Level, float IoU);
}
