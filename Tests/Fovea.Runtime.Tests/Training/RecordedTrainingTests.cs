using Fovea.Steps;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>A whole step without memory: what the session calls, in which order, and what it touches.</summary>
public class RecordedTrainingTests
{
    private readonly RecordingLog log = new();

    public RecordedTrainingTests()
    {
        var program = ToyProgram.Instance;
        var plan = program.PlanTraining(2, 64, 96, 4);
        var backend = new RecordingBackend(log);
        program.GenerateAnchors(ref backend, plan);
        TrainingStep.ForwardBackward(program, ref backend, plan, StepPart.Whole);
        TrainingStep.Update(ref backend, StepPart.Whole, Optimizer.Create(program.Description, new AdamW(), decayNormsAndBiases: false), 1e-3, gradientNorm: 10, maxGradientNorm: 1);
    }

    [Fact]
    public void Losses_come_after_forward_and_the_optimiser_last()
    {
        var ops = log.Calls.Select(c => c.Op).ToList();
        Assert.True(ops.LastIndexOf("ConvRelu") < ops.IndexOf("MatchAnchors"));
        Assert.True(ops.LastIndexOf("BoxLoss") < ops.IndexOf("ConvBackward"));
        Assert.True(ops.LastIndexOf("FoldBatchNormBackward") < ops.IndexOf("ScaleGradients"));
        Assert.True(ops.IndexOf("ScaleGradients") < ops.IndexOf("AdamStep"));
        Assert.Equal("AdamStep", ops[^1]);
    }

    [Fact]
    public void Every_learned_tensor_gets_a_gradient_and_then_one_step()
    {
        foreach (var tensor in ToyProgram.Instance.Description.Tensors.Where(t => t.Storage == Fovea.CompilerServices.TensorStorage.Trainable))
        {
            var range = new RecordedRange(RecordedBuffer.Gradients, tensor.Offset, tensor.Length);
            var backward = log.Calls.Where(c => c.Op.Contains("Backward", StringComparison.Ordinal));
            Assert.True(backward.Any(c => c.Writes.Any(w => w.Overlaps(range))), $"{tensor.Key}: no gradient");
            var moved = range with { Buffer = RecordedBuffer.Parameters };
            Assert.Equal(1, log.Calls.Count(c => c.Writes.Any(w => w.Overlaps(moved))));
        }
    }

    [Fact]
    public void Nothing_is_read_before_it_is_written()
    {
        var plan = ToyProgram.Instance.PlanTraining(2, 64, 96, 4);
        var written = new HashSet<long>(Elements(new RecordedRange(RecordedBuffer.Arena, plan.Input.Offset, plan.Input.Length)));
        foreach (var (offset, length) in new[] { (plan.Truth.Boxes, 32), (plan.Truth.Classes, 8), (plan.Truth.Counts, 2) })
        {
            written.UnionWith(Elements(new RecordedRange(RecordedBuffer.Arena, offset, length)));
        }

        foreach (var call in log.Calls)
        {
            foreach (var read in call.Reads.Where(r => r.Buffer == RecordedBuffer.Arena))
            {
                Assert.True(Elements(read).All(written.Contains), $"{call}: reads [{read.Offset}, {read.End}), not all of it written");
            }

            foreach (var write in call.Writes.Where(r => r.Buffer == RecordedBuffer.Arena))
            {
                written.UnionWith(Elements(write));
            }
        }
    }

    private static IEnumerable<long> Elements(RecordedRange range)
    {
        for (var i = range.Offset; i < range.End; i++)
        {
            yield return i;
        }
    }
}
