using System.Collections.Concurrent;
using System.Numerics;
using System.Security.Cryptography;
using Fovea.App.Terminal;
using Fovea.Data.Reading;

namespace Fovea.App.Inspection;

/// <summary>Reads every picture of a data set: which cannot be read, and what each looks like from afar.</summary>
internal static class PictureScan
{
    private const int Side = 16;

    // Grays of a thumbnail that agree to so much of their variance are of one scene: taken again, saved again, cut by a few pixels.
    private const float AlikeFrom = 0.93f;
    private const double LeastContrast = 2;

    // All pairs of so many thumbnails take a few seconds; of more pictures only the same pixels are looked for.
    private const int MostCompared = 20_000;

    /// <summary>Reads the pictures on several threads; how far it is, is told on the error stream.</summary>
    /// <param name="split">For messages.</param>
    /// <param name="dataset">The pictures.</param>
    /// <param name="headersOnly">
    /// Whether to read no pixels: sizes of files are compared, damaged pictures and duplicates are not found; a picture that is no file is
    /// not looked at.
    /// </param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="DatasetException">The data set's own code has failed: the first picture that it could not load.</exception>
    public static PictureLook[] Read<TClass>(
        string split, DetectionDataset<TClass> dataset, bool headersOnly, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var looks = new PictureLook[dataset.Count];
        var failures = new Exception?[dataset.Count];
        using var status = StatusLine.Start($"pictures of {split}", dataset.Count);
        var done = 0;
        Parallel.For(0, dataset.Count, new ParallelOptions { CancellationToken = cancellation }, (i, loop) =>
        {
            try
            {
                looks[i] = Read(split, dataset, i, headersOnly);
                status.Report(Interlocked.Increment(ref done));
            }
            catch (Exception e)
            {
                // All pictures before it are still read, so that the first that fails is told, whichever thread comes to one.
                failures[i] = e;
                loop.Break();
            }
        });
        var first = Array.FindIndex(failures, f => f is not null);
        return first < 0 ? looks : throw new DatasetException(
            dataset[first].Name, $"the data set's LoadImage failed with {failures[first]!.GetType().Name}: {failures[first]!.Message}",
            failures[first]);
    }

    private static PictureLook Read<TClass>(string split, DetectionDataset<TClass> dataset, int index, bool headersOnly)
        where TClass : struct, Enum
    {
        var item = dataset[index];
        var look = new PictureLook($"{split}: {Path.GetFileName(item.Name)}", split);
        try
        {
            if (!headersOnly)
            {
                Look(dataset.LoadImage(index), look);
            }
            else if (dataset.FileOf(index) is not { } file)
            {
                look.IsUnseen = true;
            }
            else if (ImageHeaders.Read(file) is var (size, reason) && (reason is not null || size != (item.Width, item.Height)))
            {
                look.Error = reason
                    ?? FormattableString.Invariant(
                        $"{item.Name}: expected {item.Width}×{item.Height} pixels, found {size!.Value.Width}×{size.Value.Height}.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            look.Error = e.Message;
        }

        return look;
    }

    /// <summary>Pairs that show the same: the same pixels, or nearly the same picture.</summary>
    public static List<DuplicatePair> Duplicates(IReadOnlyList<PictureLook> looks)
    {
        var usable = Enumerable.Range(0, looks.Count).Where(i => looks[i].Error is null && looks[i].Thumbnail.Length > 0).ToArray();
        var pairs = new ConcurrentBag<(int First, int Second)>();
        if (usable.Length <= MostCompared)
        {
            Parallel.For(0, usable.Length, a =>
            {
                for (var b = a + 1; b < usable.Length; b++)
                {
                    if (AreAlike(looks[usable[a]], looks[usable[b]]))
                    {
                        pairs.Add((usable[a], usable[b]));
                    }
                }
            });
        }
        else
        {
            foreach (var same in usable.GroupBy(i => Convert.ToHexString(looks[i].Hash)).Select(g => g.ToArray()).Where(g => g.Length > 1))
            {
                for (var i = 1; i < same.Length; i++)
                {
                    pairs.Add((same[0], same[i]));
                }
            }
        }

        return [.. pairs.Order().Select(p => new DuplicatePair(
            looks[p.First].Name, looks[p.Second].Name, looks[p.First].Split == looks[p.Second].Split,
            looks[p.First].Hash.AsSpan().SequenceEqual(looks[p.Second].Hash)))];
    }

    private static bool AreAlike(PictureLook a, PictureLook b) =>
        a.Hash.AsSpan().SequenceEqual(b.Hash)
        || (!a.IsEven && !b.IsEven && Correlation(a.Thumbnail, b.Thumbnail) > AlikeFrom);

    private static float Correlation(float[] a, float[] b)
    {
        var sum = Vector<float>.Zero;
        for (var i = 0; i < a.Length; i += Vector<float>.Count)
        {
            sum += new Vector<float>(a, i) * new Vector<float>(b, i);
        }

        return Vector.Sum(sum);
    }

    private static void Look(RgbImage image, PictureLook look)
    {
        look.Hash = SHA256.HashData(image.Pixels);
        look.Thumbnail = new float[Side * Side];
        var counts = new int[Side * Side];
        var step = Math.Max(1, Math.Min(image.Width, image.Height) / 256);
        for (var y = 0; y < image.Height; y += step)
        {
            var row = image.Row(y);
            var line = y * Side / image.Height * Side;
            for (var x = 0; x < image.Width; x += step)
            {
                var cell = line + (x * Side / image.Width);
                look.Thumbnail[cell] += (row[x * 3] + row[(x * 3) + 1] + row[(x * 3) + 2]) / 3f;
                counts[cell]++;
            }
        }

        double mean = 0, square = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            look.Thumbnail[i] /= Math.Max(1, counts[i]);
            mean += look.Thumbnail[i] / counts.Length;
        }

        foreach (var cell in look.Thumbnail)
        {
            square += (cell - mean) * (cell - mean);
        }

        // Pictures without contrast (fog, blank pages) are alike from afar whatever they show.
        look.IsEven = square < LeastContrast * LeastContrast * counts.Length;
        for (var i = 0; i < counts.Length; i++)
        {
            look.Thumbnail[i] = (float)((look.Thumbnail[i] - mean) / Math.Max(1e-6, Math.Sqrt(square)));
        }
    }
}

/// <summary>A picture from afar.</summary>
internal sealed class PictureLook(string name, string split)
{
    public string Name => name;

    public string Split => split;

    /// <summary>Why it cannot be used; null where it can.</summary>
    public string? Error { get; set; }

    /// <summary>Whether nothing of it was read: headers were asked for, and it is no file.</summary>
    public bool IsUnseen { get; set; }

    /// <summary>Of its pixels.</summary>
    public byte[] Hash { get; set; } = [];

    /// <summary>Means of gray, 16×16, shifted and scaled to mean 0 and norm 1, so that a product of two is their correlation.</summary>
    public float[] Thumbnail { get; set; } = [];

    /// <summary>Whether it has hardly any contrast.</summary>
    public bool IsEven { get; set; }
}
