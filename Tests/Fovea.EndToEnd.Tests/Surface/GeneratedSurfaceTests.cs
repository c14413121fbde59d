using Fovea.Generator.Tests.Support;

namespace Fovea.EndToEnd.Surface;

/// <summary>What a user types against generated detectors, compiled with them.</summary>
public class GeneratedSurfaceTests
{
    private const string Architecture = """
        [Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
        [Pyramid(MaxLevel = 4, Channels = 16)]
        [Head(Depth = 1, Prior = 0.3)]
        [Anchors(BaseSize = 2)]
        [InputSize(64, 64)]
        """;

    private const string Source = $$"""
        using System;
        using System.IO;
        using System.Linq;
        using System.Threading.Tasks;
        using Fovea;

        namespace Blood;

        public enum Cell { RBC, WBC, Platelets }

        public enum Reordered { Platelets, RBC, WBC }

        [RetinaNet<Cell>(Backbone.Custom)]
        {{Architecture}}
        public partial class First;

        [RetinaNet<Reordered>(Backbone.Custom)]
        {{Architecture}}
        public partial class Second;

        [RetinaNet<Cell>(Backbone.Custom)]
        {{Architecture}}
        [PostProcessing(ScoreThreshold = 0.31, NmsIoU = 0.3, MaxDetections = 12)]
        public partial class Strict;

        public static class Program
        {
            private static readonly DetectorOptions OnCpu = new() { Device = Device.Cpu, Threads = 1 };
            private static readonly byte[] Pixels = Enumerable.Range(0, 48 * 40 * 4).Select(i => (byte)(i * i % 251)).ToArray();

            public static string[] FoundByFirst(byte[] file)
            {
                using var detector = First.Load(file, OnCpu);
                return Text(detector.Detect(Pixels, 48, 40, PixelFormat.Bgra));
            }

            public static string[] FoundBySecond(byte[] file)
            {
                using var stream = new MemoryStream(file);
                using var detector = Second.Load(stream, OnCpu, new LoadOptions { Classes = ClassMatching.ByName });
                return Text(detector.Detect(Pixels, 48, 40, PixelFormat.Bgra));
            }

            public static string[] FoundByStrict(byte[] file)
            {
                using var detector = Strict.Load(file, OnCpu);
                return Text(detector.Detect(Pixels, 48, 40, PixelFormat.Bgra));
            }

            public static string[] FoundByStrictCall(byte[] file)
            {
                using var detector = First.Load(file, OnCpu);
                var options = new DetectOptions { ScoreThreshold = 0.31, NmsIoU = 0.3, MaxDetections = 12 };
                return Text(detector.DetectAsync(Pixels, 48, 40, PixelFormat.Bgra, options: options).GetAwaiter().GetResult());
            }

            public static byte[] Saved()
            {
                using var detector = First.Create(seed: 3, OnCpu);
                using var stream = new MemoryStream();
                detector.Save(stream);
                return stream.ToArray();
            }

            public static void LoadAsItIs(byte[] file) => Second.Load(file, OnCpu).Dispose();

            private static string[] Text<T>(System.Collections.Generic.IReadOnlyList<Detection<T>> found)
                where T : struct, Enum =>
                found.Select(d => $"{d.Score:R} {d.Box} {d.Class}").ToArray();
        }
        """;

    private static readonly Lazy<Type> Program = new(
        () => GeneratorHarness.Run(Source).AssertClean().Load().GetType("Blood.Program", throwOnError: true)!);

    [Fact]
    public void A_detector_of_the_same_classes_in_another_order_finds_the_same_by_name()
    {
        var file = Call<byte[]>("Saved");
        var expected = Call<string[]>("FoundByFirst", file);
        Assert.True(expected.Select(line => line.Split(' ')[^1]).Distinct().Count() > 1, string.Join('\n', expected));
        Assert.Equal(expected.Order(StringComparer.Ordinal), Call<string[]>("FoundBySecond", file).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Without_being_asked_it_says_how_the_classes_differ()
    {
        var file = Call<byte[]>("Saved");
        var error = Assert.Throws<CheckpointException>(() => Call<object>("LoadAsItIs", file));
        Assert.Contains(
            "the classes differ from those of Second. channel 0: expected Platelets, found RBC; channel 1: expected RBC, found WBC; "
            + "channel 2: expected WBC, found Platelets.",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_of_a_call_have_the_effect_of_declaring_them()
    {
        var file = Call<byte[]>("Saved");
        var expected = Call<string[]>("FoundByStrict", file);
        Assert.NotEmpty(expected);
        Assert.NotEqual(Call<string[]>("FoundByFirst", file), expected);
        Assert.Equal(expected, Call<string[]>("FoundByStrictCall", file));
    }

    private static T Call<T>(string method, params object[] arguments) =>
        (T)Program.Value.GetMethod(method)!.Invoke(
            null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, arguments, System.Globalization.CultureInfo.InvariantCulture)!;
}
