using System.Reflection;
using Fovea.CompilerServices;

namespace Fovea.Tests;

public class RecordingBackendTests
{
    private static readonly ConvParameters Weights = new(
        ParameterStorage.Parameters, 100, 50, 64, 32, 3, 2, 1, 1, ConvAlgorithm.IndirectGemm);

    [Fact]
    public void A_call_reads_as_op_sources_parameters_destinations_with_shapes()
    {
        var log = new RecordingLog();
        var backend = new RecordingBackend(log);

        backend.ConvRelu(new FeatureMap(0, 1, 56, 56, 64), Weights, new FeatureMap(900000, 1, 28, 28, 32));

        Assert.Equal("ConvRelu x[1,56,56,64] w[32,3,3,64] s2 p1 y[1,28,28,32]", log.Calls[0].Text);
        Assert.Equal(28L * 28 * 32 * 9 * 64, log.Calls[0].Macs);
    }

    [Fact]
    public void A_call_knows_what_it_reads_and_writes()
    {
        var log = new RecordingLog();
        var backend = new RecordingBackend(log);

        backend.ConvBackward(
            new FeatureMap(0, 1, 4, 4, 64), Weights, new FeatureMap(2000, 1, 2, 2, 32), new ConvGradients(100, 50, true),
            new FeatureMap(3000, 1, 4, 4, 64));

        Assert.Equal("ConvBackward x[1,4,4,64] w[32,3,3,64] s2 p1 dy[1,2,2,32] dw,db+= dx[1,4,4,64]", log.Calls[0].Text);
        RecordedRange[] gradients =
            [new(RecordedBuffer.Gradients, 100, Weights.WeightLength), new(RecordedBuffer.Gradients, 50, 32)];
        Assert.Equal(
            [
                new(RecordedBuffer.Arena, 0, 1024),
                new(RecordedBuffer.Parameters, 100, Weights.WeightLength), new(RecordedBuffer.Parameters, 50, 32),
                new(RecordedBuffer.Arena, 2000, 128), .. gradients,
            ],
            log.Calls[0].Reads);
        Assert.Equal([.. gradients, new(RecordedBuffer.Arena, 3000, 1024)], log.Calls[0].Writes);
    }

    [Fact]
    public void Reading_what_nobody_wrote_is_found()
    {
        var log = new RecordingLog();
        var backend = new RecordingBackend(log);
        FeatureMap a = new(0, 1, 1, 1, 10);
        FeatureMap b = new(10, 1, 1, 1, 10);
        FeatureMap both = new(0, 1, 1, 1, 20);
        FeatureMap beyond = new(15, 1, 1, 1, 10);

        backend.Relu(a, b);
        backend.Relu(both, both);
        backend.Relu(beyond, a);

        Assert.Equal(
            ["call 2 Relu x[1,1,1,10] y[1,1,1,10]: reads 15 … 24, not written before"],
            log.UnwrittenReads(written: new RecordedRange(RecordedBuffer.Arena, 0, 10)));
        Assert.Equal(3, log.UnwrittenReads().Count);
    }

    [Fact]
    public void Every_member_of_the_contract_records_one_call_under_its_own_name()
    {
        foreach (var method in typeof(IBackend).GetMethods().Where(m => !m.GetParameters().Any(p => p.ParameterType.IsByRefLike)))
        {
            var log = new RecordingLog();
            object backend = new RecordingBackend(log);
            var arguments = method.GetParameters().Select(Sample).ToArray();

            method.Invoke(backend, arguments);

            Assert.True(log.Calls.Count == 1, $"{method.Name}: recorded {log.Calls.Count} calls, expected 1.");
            Assert.Equal(method.Name, log.Calls[0].Op);
            Assert.StartsWith(method.Name, log.Calls[0].Text, StringComparison.Ordinal);
            Assert.DoesNotContain("@", log.Calls[0].Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Matching_reads_boxes_and_fills_matches_and_weights()
    {
        var log = new RecordingLog();
        var backend = new RecordingBackend(log);
        var anchors = new AnchorMap(0, 2, 2, 3, 2);
        var matches = new MatchMap(100, 2, 2, 2, 3, 2);

        backend.MatchAnchors(anchors, new GroundTruthMap(2, 5, 200, 300, 310, 320, 330), new MatchingRule(), matches);

        Assert.Equal("MatchAnchors anchors[15,4] truth[2,5] matches[2,15] weights,foreground", log.Calls[0].Text);
        Assert.Equal(
            [new(RecordedBuffer.Arena, 0, 60), new(RecordedBuffer.Arena, 200, 40), new(RecordedBuffer.Arena, 310, 2)], log.Calls[0].Reads);
        Assert.Equal(
            [new(RecordedBuffer.Arena, 100, 30), new(RecordedBuffer.Arena, 320, 2), new(RecordedBuffer.Arena, 330, 2)],
            log.Calls[0].Writes);
    }

    private static object? Sample(ParameterInfo parameter)
    {
        var type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        return type.Name switch
        {
            nameof(ConvParameters) => Weights,
            nameof(FeatureMap) => new FeatureMap(64, 2, 3, 3, 8),
            nameof(PyramidMap) => new PyramidMap(64, 2, 3, 3, 8, 2),
            nameof(NormParameters) => new NormParameters(0, 8, 0, 8, 8, 0, 1e-5f, 0.1f),
            nameof(AnchorLevel) => new AnchorLevel([32], [1]),
            nameof(String) => "stem",
            _ => Activator.CreateInstance(type),
        };
    }
}
