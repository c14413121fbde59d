using System.Globalization;
using Fovea.App.Inspection;

namespace Fovea.App.Reports.Pictures;

/// <summary>The pictures in a run's folder: batches as the network sees them, evaluated pages, and the worst of all.</summary>
/// <param name="folder">The run's.</param>
internal sealed class RunPictures<TClass>(string folder)
    where TClass : struct, Enum
{
    private const int Pages = 3;
    private const int WorstOnes = 8;
    private const int WorstSide = 640;
    private const int Quality = 85;

    // Between two outlines, in pixels of a cell.
    private const float DoubleLine = 4;

    /// <summary><c>train_batch0.jpg</c> …: the first batches of the first epoch, varied and on the canvas.</summary>
    public void SaveTrainBatches(ModelDescription model, DetectionDataset<TClass> train, TrainerOptions options)
    {
        var loading = LoaderOptions.ForTraining(options.BatchSize, options.Seed) with
        {
            Augmentation = options.Augmentation,
            Sampling = options.Sampling,
            RepeatThreshold = options.RepeatThreshold,
            Prefetch = 1,
        };
        var number = 0;
        foreach (var page in SamplePage.DrawBatches(model, train, loading, Pages))
        {
            Save(page, $"train_batch{number++}.jpg");
        }
    }

    /// <summary>
    /// <c>val_batch0_labels.jpg</c>, <c>val_batch0_pred.jpg</c> …: pictures from all over the data set, as marked and as found.
    /// </summary>
    public void SaveEvaluated(DetectionDataset<TClass> dataset, Findings findings)
    {
        var count = Math.Min(dataset.Count, Pages * PicturePage.Most);
        for (var page = 0; page * PicturePage.Most < count; page++)
        {
            var (labels, found) = (new List<RgbImage>(), new List<RgbImage>());
            for (var i = page * PicturePage.Most; i < Math.Min(count, (page + 1) * PicturePage.Most); i++)
            {
                var index = (int)((long)i * dataset.Count / count);
                var (picture, image) = (dataset.LoadImage(index), findings[dataset[index].Id]);
                labels.Add(PicturePage.Cell(picture, image.Marked.Select(m => Marked(m, m.Class))));
                found.Add(PicturePage.Cell(picture, image.Found.Select(f => Found(f, f.Class))));
            }

            Save(PicturePage.Arrange(labels), $"val_batch{page}_labels.jpg");
            Save(PicturePage.Arrange(found), $"val_batch{page}_pred.jpg");
        }
    }

    /// <summary>
    /// <c>worst0.jpg</c> …: the pictures with most missed objects and false finds, as marked beside as found. What is wrong has a double
    /// outline, and is named so where there is room for a label.
    /// </summary>
    public IReadOnlyList<WorstPicture> SaveWorst(DetectionDataset<TClass> dataset, Findings findings)
    {
        var worst = new List<WorstPicture>();
        var indices = Enumerable.Range(0, dataset.Count).GroupBy(i => dataset[i].Id).ToDictionary(g => g.Key, g => g.First());
        foreach (var id in findings.Worst(WorstOnes))
        {
            var (index, image) = (indices[id], findings[id]);
            var picture = dataset.LoadImage(index);
            var gap = DoubleLine * Math.Max(picture.Width, picture.Height) / WorstSide;
            var marked = PicturePage.Cell(
                picture,
                image.Marked.SelectMany(m => m.IsCrowd ? [Marked(m, $"crowd of {m.Class}")]
                    : m.IsFound ? [Marked(m, m.Class)] : Doubled(Marked(m, $"missed: {m.Class}"), gap)),
                WorstSide);
            var found = PicturePage.Cell(
                picture,
                image.Found.SelectMany(f => f.IsRight || f.IsOfCrowd ? [Found(f, f.Class)] : Doubled(Found(f, $"false: {f.Class}"), gap)),
                WorstSide);
            var file = string.Create(CultureInfo.InvariantCulture, $"worst{worst.Count}.jpg");
            Save(PicturePage.Arrange([marked, found]), file);
            worst.Add(new WorstPicture(
                Path.GetFileName(dataset[index].Name), file, image.Missed, image.False, marked.Width, marked.Height,
                ImageFile.EncodeJpeg(marked, Quality), ImageFile.EncodeJpeg(found, Quality)));
        }

        return worst;
    }

    private static DrawnBox Marked(in MarkedObject o, string label) => new(BoxOf(o.Box), label, null, o.Channel, Dashed: true);

    private static DrawnBox Found(in FoundObject o, string label) => new(BoxOf(o.Box), label, (float)o.Score, o.Channel);

    /// <summary>A box with a second outline around it, which bears the label.</summary>
    private static DrawnBox[] Doubled(in DrawnBox box, float gap)
    {
        var (inner, b) = (box with { Label = "", Score = null }, box.Box);
        return [inner, box with { Box = new Box(b.X1 - gap, b.Y1 - gap, b.X2 + gap, b.Y2 + gap) }];
    }

    private static Box BoxOf(in CocoBox b) => new((float)b.X, (float)b.Y, (float)(b.X + b.Width), (float)(b.Y + b.Height));

    private void Save(RgbImage page, string name) => ImageFile.SaveJpeg(page, Path.Combine(folder, name), Quality);
}

/// <summary>A picture with many mistakes.</summary>
/// <param name="Name">The picture's.</param>
/// <param name="File">In the run's folder: both sides.</param>
/// <param name="Missed">Objects that nothing was found at.</param>
/// <param name="False">Detections that are no object.</param>
/// <param name="Width">Of each side, in pixels.</param>
/// <param name="Height">Of each side, in pixels.</param>
/// <param name="Marked">As a person marked it, a JPEG.</param>
/// <param name="Found">As the detector found it, a JPEG.</param>
internal sealed record WorstPicture(string Name, string File, int Missed, int False, int Width, int Height, byte[] Marked, byte[] Found);
