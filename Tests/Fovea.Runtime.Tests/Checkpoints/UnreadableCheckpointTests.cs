using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;

namespace Fovea.Tests.Checkpoints;

/// <summary>What is no checkpoint, or stops being one: the reader's own exception, and the weights as they were.</summary>
public class UnreadableCheckpointTests
{
    [SkippableTheory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/urandom")]
    [InlineData("/tmp")]
    [InlineData("/proc/self/stat")]
    public void What_is_no_file_is_refused_at_once(string path)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Paths of Linux.");
        Assert.Contains(path, Refusal(detector => detector.LoadWeights(path)), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_pipe_that_nobody_writes_is_refused_at_once()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "A tool of Linux.");
        using var folder = new TempFolder();
        var path = folder.File("pipe");
        using (var made = Process.Start("mkfifo", path))
        {
            made.WaitForExit();
        }

        Assert.Contains("a pipe or a device", Refusal(detector => detector.LoadWeights(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_none_is_refused() => Refusal(detector => detector.LoadWeights("\0"));

    [Theory]
    [InlineData("{\"\\ud800\":{}}")]
    [InlineData("{\"__metadata__\":{\"a\":\"\\udc00\"}}")]
    [InlineData("{\"__metadata__\":{\"\\ud800\":\"a\"}}")]
    public void Half_surrogates_are_no_names(string header) =>
        Assert.Contains("UTF-8", Refusal(detector => detector.LoadWeights(File(Encoding.UTF8.GetBytes(header)))), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_text_are_no_names() =>
        Refusal(detector => detector.LoadWeights(File([(byte)'{', (byte)'"', 0xC0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}'])));

    [Fact]
    public void A_long_header_takes_no_more_memory_than_it_must_and_makes_no_long_message()
    {
        AssertBounded("{\"a\":[" + new string('0', 1) + string.Concat(Enumerable.Repeat(",0", 7_000_000)) + "]}");
        AssertBounded("{\"" + new string('a', 15_000_000) + "\":{}}");
        AssertBounded("{\"__metadata__\":{\"fovea.classes\":\"" + new string('[', 15_000_000) + "\"}}");
        AssertBounded(new string('[', 15_000_000));
        Assert.Contains("at most 16777216", Refusal(d => d.LoadWeights(File(new byte[17 << 20]))), StringComparison.Ordinal);
    }

    [Fact]
    public void More_dimensions_than_tensors_have_are_refused() => Assert.Contains(
        "at most 8 dimensions, found 9",
        Refusal(d => d.LoadWeights(File("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"""u8.ToArray()))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("F32", 4)]
    [InlineData("U64", 8)]
    [InlineData("I64", 8)]
    public void A_count_of_batches_that_is_none_changes_nothing(string type, int bytes)
    {
        using var saved = ToyDetector.Create(5);
        using var content = new MemoryStream();
        saved.Save(content);
        var file = content.ToArray();
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var text = Encoding.UTF8.GetString(file, 8, header);
        if (type != "I64")
        {
            text = text.Replace("\"I64\"", $"\"{type}\"", StringComparison.Ordinal);
        }

        Encoding.UTF8.GetBytes(text).CopyTo(file, 8);

        // Wider types lie first: the counts are the first data.
        file.AsSpan(8 + header, 2 * bytes).Fill(0xFF);
        Refusal(detector => detector.LoadWeights(file));
    }

    [Fact]
    public void A_file_that_is_cut_while_it_is_read_changes_nothing()
    {
        using var saved = ToyDetector.Create(5);
        using var content = new MemoryStream();
        saved.Save(content);
        for (var reads = 2; reads < 12; reads++)
        {
            using var stream = new CutStream(content.ToArray(), reads);
            Assert.Contains("cannot be read", Refusal(detector => detector.LoadWeights(stream)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_stream_is_read_to_the_tensors_end_and_no_further_than_a_byte()
    {
        using var saved = ToyDetector.Create(5);
        using var content = new MemoryStream();
        content.WriteByte(0);
        saved.Save(content);
        content.Position = 1;
        using var detector = ToyDetector.Create(6);
        detector.LoadWeights(content);
        Assert.Equal(saved.ReadTensor("backbone.body.conv1.weight"), detector.ReadTensor("backbone.body.conv1.weight"));
        content.SetLength(content.Length + 10_000_000);
        content.Position = 1;
        Assert.Contains("longer than its tensors", Refusal(d => d.LoadWeights(content)), StringComparison.Ordinal);
    }

    private static void AssertBounded(string header)
    {
        var file = File(Encoding.UTF8.GetBytes(header));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var message = Refusal(detector => detector.LoadWeights(file));
        Assert.InRange(message.Length, 1, 5000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L << 20);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
    }

    /// <summary>The message of the exception, after which the weights are what they were.</summary>
    private static string Refusal(Action<ToyDetector> load)
    {
        using var detector = ToyDetector.Create(6);
        var before = detector.Description.Tensors.Select(t => detector.ReadTensor(t.Key)).ToArray();
        var error = Assert.Throws<CheckpointException>(() => load(detector));
        Assert.Equal(before, detector.Description.Tensors.Select(t => detector.ReadTensor(t.Key)));
        return error.Message;
    }

    private static byte[] File(byte[] header)
    {
        var file = new byte[8 + header.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    /// <summary>A file that somebody empties after some reads.</summary>
    private sealed class CutStream(byte[] content, int reads) : MemoryStream(content)
    {
        private int left = reads;

        public override int Read(byte[] buffer, int offset, int count) => left-- > 0 ? base.Read(buffer, offset, count) : 0;

        public override int Read(Span<byte> buffer) => left-- > 0 ? base.Read(buffer) : 0;
    }
}
