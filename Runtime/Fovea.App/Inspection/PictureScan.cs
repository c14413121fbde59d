using System.Numerics;
using System.Security.Cryptography;
using Fovea.Data.Reading;

namespace Fovea.App.Inspection;

/// <summary>Reads every picture of a data set: which cannot be read, and what each looks like from afar.</summary>
internal static class PictureScan
{
    private const int Side = 16;

    /// <summary>Reads the pictures on several threads.</summary>
    /// <param name="split">For messages.</param>
    /// <param name="dataset">The pictures.</param>
    /// <param name="headersOnly">Whether to read no pixels: sizes are compared, damaged pictures and duplicates are not found.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static PictureLook[] Read<TClass>(string split, DetectionDataset<TClass> dataset, bool headersOnly, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var looks = new PictureLook[dataset.Count];
        Parallel.For(0, dataset.Count, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            var item = dataset[i];
            looks[i] = new PictureLook($"{split}: {Path.GetFileName(item.Name)}", split);
            try
            {
                if (!headersOnly)
                {
                    Look(dataset.LoadImage(i), looks[i]);
                }
                else if (ImageHeaders.Read(item.Name) is var (size, reason) && (reason is not null || size != (item.Width, item.Height)))
                {
                    looks[i].Error = reason
                        ?? FormattableString.Invariant($"{item.Name}: expected {item.Width}×{item.Height} pixels, found {size!.Value.Width}×{size.Value.Height}.");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                looks[i].Error = e.Message;
            }
        });
        return looks;
    }

    /// <summary>Pairs that show the same: the same bytes, or nearly the same picture.</summary>
    public static List<DuplicatePair> Duplicates(IReadOnlyList<PictureLook> looks)
    {
        // Two fingerprints of 64 bits that differ in at most 3 agree in one of 4 pieces of 16: only pictures that share a piece are compared.
        var pairs = new HashSet<(int, int)>();
        for (var piece = 0; piece < 4; piece++)
        {
            var shift = piece * 16;
            foreach (var group in Enumerable.Range(0, looks.Count).Where(i => looks[i].Error is null && looks[i].Thumbnail.Length > 0)
                .GroupBy(i => (looks[i].Fingerprint >> shift) & 0xffff))
            {
                var members = group.ToArray();
                for (var a = 0; a < members.Length; a++)
                {
                    for (var b = a + 1; b < members.Length; b++)
                    {
                        if (AreAlike(looks[members[a]], looks[members[b]]))
                        {
                            pairs.Add((members[a], members[b]));
                        }
                    }
                }
            }
        }

        return [.. pairs.Order().Select(p => new DuplicatePair(
            looks[p.Item1].Name, looks[p.Item2].Name, looks[p.Item1].Split == looks[p.Item2].Split,
            looks[p.Item1].Hash.AsSpan().SequenceEqual(looks[p.Item2].Hash)))];
    }

    private static bool AreAlike(PictureLook a, PictureLook b)
    {
        if (BitOperations.PopCount(a.Fingerprint ^ b.Fingerprint) > 3)
        {
            return false;
        }

        // Pictures of an even background have like fingerprints: they must agree in gray, too, up to two levels of 255 in the mean.
        float difference = 0;
        for (var i = 0; i < a.Thumbnail.Length; i++)
        {
            difference += Math.Abs(a.Thumbnail[i] - b.Thumbnail[i]);
        }

        return difference <= 2f * a.Thumbnail.Length;
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

        for (var i = 0; i < counts.Length; i++)
        {
            look.Thumbnail[i] /= Math.Max(1, counts[i]);
        }

        // Each bit says whether a patch of 2×2 cells is brighter than its right neighbour (difference hash, rows of 8).
        for (var i = 0; i < 64; i++)
        {
            var (x, y) = (i % 8 * 2, i / 8 * 2);
            var right = (x + 2) % Side;
            if (Patch(look.Thumbnail, x, y) > Patch(look.Thumbnail, right, y))
            {
                look.Fingerprint |= 1UL << i;
            }
        }
    }

    private static float Patch(float[] cells, int x, int y) =>
        cells[(y * Side) + x] + cells[(y * Side) + x + 1] + cells[((y + 1) * Side) + x] + cells[((y + 1) * Side) + x + 1];
}

/// <summary>A picture from afar.</summary>
internal sealed class PictureLook(string name, string split)
{
    public string Name => name;

    public string Split => split;

    /// <summary>Why it cannot be used; null where it can.</summary>
    public string? Error { get; set; }

    /// <summary>Of its pixels.</summary>
    public byte[] Hash { get; set; } = [];

    /// <summary>16×16 mean grays.</summary>
    public float[] Thumbnail { get; set; } = [];

    /// <summary>Where it is brighter than beside.</summary>
    public ulong Fingerprint { get; set; }
}
