using System.Text.RegularExpressions;
using Fovea.Tests.Support;

namespace Fovea.Cuda.Tests.Models;

/// <summary>The toy model's training steps and detections, call by call: what they are, and what holds of them whatever they are.</summary>
public partial class RecordedSequenceTests
{
    /// <summary>Training or detection, over our own convolutions or cuDNN's.</summary>
    public static TheoryData<bool, bool> Cases => new() { { true, false }, { true, true }, { false, false }, { false, true } };

    [Fact]
    public void The_sequences_are_those_of_the_snapshots()
    {
        using var training = RecordedSequence.Train(cudnn: false);
        using var trainingOverCudnn = RecordedSequence.Train(cudnn: true);
        using var detection = RecordedSequence.Detect(cudnn: false);
        using var detectionOverCudnn = RecordedSequence.Detect(cudnn: true);
        new SnapshotFolder("Recorded").AssertMatches(
        [
            ("Training.own", training.ToString()),
            ("Training.cudnn", trainingOverCudnn.ToString()),
            ("Detection.own", detection.ToString()),
            ("Detection.cudnn", detectionOverCudnn.ToString()),
        ]);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Everything_allocated_is_freed_once(bool training, bool cudnn)
    {
        using var sequence = Run(training, cudnn);
        var allocated = Names(sequence, "allocate ").Order().ToList();

        Assert.True(allocated.Count > 8, $"{allocated.Count} allocations");
        Assert.Equal(allocated, Names(sequence, "free ").Order());
        Assert.Empty(sequence.Leaks);
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_capture_holds_work_alone_and_the_work_that_was_issued_before(bool training, bool cudnn)
    {
        using var sequence = Run(training, cudnn);
        var second = sequence[RecordedSequence.Captured].ToList();
        var (begin, end) = (Single(second, "begin capture"), Single(second, "end capture"));
        var captured = second[(begin + 1)..end];

        Assert.Single(sequence.Calls, call => Begins(call, "begin capture"));
        Assert.True(captured.Count > (training ? 200 : 40), $"{captured.Count} calls captured");
        Assert.All(captured, call => Assert.True(IsWork(call) || IsOrder(call), call));
        Assert.Equal(cudnn, captured.Any(call => Begins(call, "cudnn")));

        // The workspace may have grown on the way; before the work come copies of the weights, in detection folded, and in training the
        // copy of the running statistics, which come back where the step is not taken.
        var issued = sequence[RecordedSequence.Issued].Where(IsWork).Select(WithoutGrowth).ToList();
        var work = captured.Where(IsWork).Select(WithoutGrowth).ToList();
        Assert.Equal(issued.TakeLast(work.Count), work);
        Assert.All(issued.SkipLast(work.Count), call => Assert.Matches("^launch (pointwise.to_values|fold.)|^copy keptStatistics", call));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_replayed_step_uploads_numbers_launches_one_graph_and_reads_results(bool cudnn)
    {
        using var sequence = RecordedSequence.Train(cudnn);
        var calls = new Queue<string>(sequence[RecordedSequence.Replayed]);

        Assert.Matches(@"^copy keptStatistics\+0 <- statistics\+0, \d+ bytes", calls.Dequeue());
        Assert.Matches(@"^copy rules\+0 <- hostRules\+0, \d+ bytes", calls.Dequeue());
        Assert.Matches("^record event", calls.Dequeue());
        Assert.Matches("^launch graph", calls.Dequeue());

        // All results, then the one wait for them.
        Assert.Matches("^synchronize stream", calls.Last());
        Assert.True(calls.Count > 3, $"{calls.Count} calls");
        Assert.All(calls.SkipLast(1), call => Assert.Matches(@"^copy hostResults\+\d+ <- ", call));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_replayed_detection_launches_one_graph_and_reads_its_count(bool cudnn)
    {
        using var sequence = RecordedSequence.Detect(cudnn);
        var calls = new Queue<string>(sequence[RecordedSequence.Replayed]);

        Assert.Matches("^launch graph", calls.Dequeue());
        Assert.Matches("^synchronize stream", calls.Dequeue());
        AssertReads(calls);
    }

    [Theory, MemberData(nameof(Cases))]
    public void New_pictures_wait_only_for_the_staging_memory_that_they_take(bool training, bool cudnn)
    {
        using var sequence = Run(training, cudnn);
        var input = sequence["pictures for the third time"];

        Assert.Contains(input, call => call.Contains(" <- hostStaging", StringComparison.Ordinal));
        Assert.All(input, call => Assert.True(
            IsWork(call) || Begins(call, "record event") || Begins(call, "synchronize event"), call));
        foreach (var (call, next) in input.Zip(input.Skip(1)).Where(pair => Begins(pair.First, "synchronize")))
        {
            Assert.True(next.Contains(" <- hostStaging", StringComparison.Ordinal), $"{call}, then {next}");
        }
    }

    private static RecordedSequence Run(bool training, bool cudnn) =>
        training ? RecordedSequence.Train(cudnn) : RecordedSequence.Detect(cudnn);

    /// <summary>Copies to the host, each with the wait for it.</summary>
    private static void AssertReads(Queue<string> calls)
    {
        Assert.NotEmpty(calls);
        while (calls.TryDequeue(out var call))
        {
            Assert.Matches("^copy host memory <- ", call);
            Assert.Matches("^synchronize stream", calls.Dequeue());
        }
    }

    /// <summary>
    /// What the session's stream does and a graph may hold; launches of graphs are not among it, nor what clears memory once, on the
    /// default stream.
    /// </summary>
    private static bool IsWork(string call) => !call.EndsWith(", the default stream", StringComparison.Ordinal)
        && ((Begins(call, "launch ") && !Begins(call, "launch graph")) || Begins(call, "cudnn ") || Begins(call, "fill ")
            || (Begins(call, "copy ") && !Begins(call, "copy rules") && !Begins(call, "copy host")));

    /// <summary>What orders the work of several streams.</summary>
    private static bool IsOrder(string call) => Begins(call, "record event") || Begins(call, "wait for event");

    private static bool Begins(string call, string with) => call.StartsWith(with, StringComparison.Ordinal);

    private static int Single(List<string> calls, string start)
    {
        Assert.Single(calls, call => Begins(call, start));
        return calls.FindIndex(call => Begins(call, start));
    }

    private static IEnumerable<string> Names(RecordedSequence sequence, string call) =>
        sequence.Calls.Where(one => Begins(one, call)).Select(one => one[call.Length..].Split(',')[0]);

    private static string WithoutGrowth(string call) => Workspace().Replace(call, "workspace");

    [GeneratedRegex(@"workspace\d+")]
    private static partial Regex Workspace();
}
