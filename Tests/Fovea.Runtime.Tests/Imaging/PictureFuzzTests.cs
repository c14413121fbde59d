using System.Diagnostics;
using System.Globalization;
using Fovea.Tests.Data;

namespace Fovea.Tests.Imaging;

/// <summary>
/// Pictures with random mistakes are decoded or refused by <see cref="InvalidImageException"/>, in bounded time and memory, whatever the
/// mistake is. <c>FOVEA_FUZZ</c> says how many; each is known by its number.
/// </summary>
public class PictureFuzzTests
{
    /// <summary>A million pixels take 24 MB in a decoder, and 3 MB when they are done; the file some more.</summary>
    private const long MostBytes = 64L << 20;

    private static readonly ImageLimits Limits = new() { MaxPixels = 1 << 20 };

    private static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("FOVEA_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 5000;

    [Fact]
    public void A_mutated_picture_is_decoded_or_refused()
    {
        var codec = new ManagedImageCodec();
        var seeds = Seeds(codec);
        var (read, refused, slowest, largest) = (0, 0, TimeSpan.Zero, 0L);
        for (var number = 0; number < Cases; number++)
        {
            var (name, good) = seeds[number % seeds.Count];
            var random = new SeededRandom((ulong)number, 0x696d6167);
            var content = PictureMutation.Of(good, ref random);
            var (clock, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            try
            {
                ImageFile.Decode(content, name, Limits, codec);
                read++;
            }
            catch (InvalidImageException e)
            {
                refused++;
                Assert.True(e.Message.Length < 1000, $"case {number} of {name}: a message of {e.Message.Length} characters");
            }
            catch (Exception e)
            {
                Assert.Fail($"case {number} of {name}: {e.GetType().Name}: {e.Message}\n{e.StackTrace}");
            }

            var (time, bytes) = (Stopwatch.GetElapsedTime(clock), GC.GetAllocatedBytesForCurrentThread() - before);
            (slowest, largest) = (time > slowest ? time : slowest, Math.Max(largest, bytes));
            Assert.True(bytes < MostBytes, $"case {number} of {name}: {bytes >> 20} MiB");

            // The promise is a second; a machine that does other things as well gets ten.
            Assert.True(time < TimeSpan.FromSeconds(10), $"case {number} of {name}: {time}");
        }

        Assert.True(read > Cases / 20 && refused > Cases / 5, $"{read} read, {refused} refused: these mutations try nothing");
    }

    /// <summary>Small pictures of every kind, those that the codec writes, and small photographs where they are there.</summary>
    private static List<(string Name, byte[] Content)> Seeds(ManagedImageCodec codec)
    {
        var seeds = SmallPictures.All.Select(p => (p.File, p.Content)).ToList();
        foreach (var format in new[] { ImageFormat.Jpeg, ImageFormat.Png })
        {
            using var written = new MemoryStream();
            codec.Encode(SmallPictures.Named("rgb-8.png").Image!, format, 90, written);
            seeds.Add(($"written.{format}", written.ToArray()));
        }

        var photographs = Path.Combine(TestData.Folder, "real-images");
        seeds.AddRange(Directory.Exists(photographs)
            ? Directory.GetFiles(photographs).Where(f => f.EndsWith('g') && new FileInfo(f).Length < 40_000)
                .Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllBytes(f)))
            : []);
        return seeds;
    }
}
