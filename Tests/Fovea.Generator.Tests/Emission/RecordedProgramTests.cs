using Fovea.CompilerServices;
using Fovea.Model;

namespace Fovea.Generator.Tests.Emission;

/// <summary>Generated programs on the recording backend: what they read was written, what they cost is what the table says.</summary>
public sealed class RecordedProgramTests
{
    /// <summary>
    /// The paths through the compiler: norms folded, kept or absent; frozen stages; other levels; other sources of P6; groups.
    /// </summary>
    public static TheoryData<string> Models => new(
        "[RetinaNet<BloodCell>(Backbone.ResNet18)]",
        "[RetinaNet<BloodCell>(Backbone.ResNet50, Preset.TorchVision)]",
        "[RetinaNet<BloodCell>(Backbone.ResNet50, Preset.TorchVisionV2)]",
        "[RetinaNet<BloodCell>(Backbone.ResNet34)] [Backbone(NormStatistics = NormStatistics.Running, FrozenStages = 3)]",
        "[RetinaNet<BloodCell>(Backbone.ResNeXt50_32x4d, Preset.MlPerf)]",
        "[RetinaNet<BloodCell>(Backbone.ResNet18)] [Backbone(Norm = Norm.GroupNorm, NormGroups = 8)] "
        + "[Pyramid(MinLevel = 2, MaxLevel = 6)] [Head(Norm = HeadNorm.GroupNorm)]",
        "[RetinaNet<BloodCell>(Backbone.Custom)] [Backbone(StageBlocks = [1, 2, 1, 1], BaseWidth = 16, Groups = 2, WidthPerGroup = 32)] "
        + "[Pyramid(MinLevel = 4, MaxLevel = 7, Channels = 24, P6From = P6Source.C5)] [Head(Depth = 1, Width = 24)]",
        "[RetinaNet<BloodCell>(Backbone.ResNet18)] [Pyramid(MinLevel = 3, MaxLevel = 5)] [Head(Depth = 1, Width = 64)]");

    [Theory]
    [MemberData(nameof(Models))]
    public void Detection_reads_nothing_that_nobody_wrote_and_stays_within_the_arena(string attributes)
    {
        var program = RecordedProgram.Of(attributes);
        var plan = program.Program.PlanInference(2, 320, 224);
        var log = program.Detect(plan);

        Assert.Empty(log.UnwrittenReads(RecordedBuffer.Arena, RecordedProgram.HostWrites(plan)));
        Assert.Empty(log.UnwrittenReads(RecordedBuffer.Folded));
        AssertWithin(log, RecordedBuffer.Arena, plan.ArenaLength);
        AssertWithin(log, RecordedBuffer.Folded, program.Program.Description.FoldedLength);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_training_step_reads_nothing_that_nobody_wrote_and_stays_within_the_arena(string attributes)
    {
        var program = RecordedProgram.Of(attributes);
        var plan = program.Program.PlanTraining(2, 320, 224, 7);
        var log = program.Train(plan);

        Assert.Empty(log.UnwrittenReads(RecordedBuffer.Arena, RecordedProgram.HostWrites(plan)));
        Assert.Empty(log.UnwrittenReads(RecordedBuffer.Folded));
        Assert.Empty(log.UnwrittenReads(RecordedBuffer.Gradients));
        AssertWithin(log, RecordedBuffer.Arena, plan.ArenaLength);
        AssertWithin(log, RecordedBuffer.Parameters, program.Program.Description.ParameterLength);
        AssertWithin(log, RecordedBuffer.Statistics, program.Program.Description.StatisticsLength);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Backward_writes_the_gradient_of_every_learned_element_and_of_no_other(string attributes)
    {
        var program = RecordedProgram.Of(attributes);
        var log = program.Train(program.Program.PlanTraining(1, 320, 224, 7));
        var end = 0L;
        var written = log.Calls.SelectMany(call => call.Writes).Where(range => range.Buffer == RecordedBuffer.Gradients);
        foreach (var range in written.OrderBy(range => range.Offset))
        {
            Assert.True(range.Offset <= Aligned(end), $"elements {end} to {range.Offset - 1} of the gradients are never written");
            end = Math.Max(end, range.End);
        }

        Assert.Equal(program.Program.Description.TrainableLength, Aligned(end));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_recorded_cost_of_detection_is_the_tables(string attributes)
    {
        var program = RecordedProgram.Of(attributes + " [InputSize(320, 224)]");

        Assert.Equal(
            2 * program.Program.Description.Stages.Sum(stage => stage.MacsPerImage),
            program.Detect(program.Program.PlanInference(2, 224, 320)).Macs);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_declared_layer_is_tapped_once_in_detection_and_in_training(string attributes)
    {
        var program = RecordedProgram.Of(attributes);
        var layers = program.Program.Description.Layers;

        Assert.Equal(layers, Taps(program.Detect(program.Program.PlanInference(1, 224, 224))));
        Assert.Equal(layers, Taps(program.Train(program.Program.PlanTraining(1, 224, 224, 1))));
    }

    [Fact]
    public void Tensors_fill_parameters_and_statistics_each_from_the_next_multiple_of_64_bytes()
    {
        var description = RecordedProgram.Of("[RetinaNet<BloodCell>(Backbone.ResNet50, Preset.Detectron2)]").Program.Description;

        AssertFills(description.Tensors.Where(t => t.Storage == TensorStorage.Trainable), 0, description.TrainableLength);
        AssertFills(description.Tensors.Where(t => t.Storage == TensorStorage.Frozen), description.TrainableLength, description.ParameterLength);
        // One more for the running normaliser.
        AssertFills(description.Tensors.Where(t => t.Storage == TensorStorage.Statistics), 0, description.StatisticsLength - 1);
        Assert.Equal(description.StatisticsLength - 1, description.Matching.NormalizerState);
    }

    private static void AssertFills(IEnumerable<TensorInfo> tensors, int from, int to)
    {
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Offset))
        {
            Assert.True(tensor.Offset == from, $"{tensor.Key} begins at {tensor.Offset}, expected {from}");
            from = (int)Aligned(from + tensor.Length);
        }

        Assert.Equal(to, from);
    }

    /// <summary>Tensors begin at multiples of 64 bytes.</summary>
    private static long Aligned(long element) => (element + 15) / 16 * 16;

    [Theory]
    [MemberData(nameof(Models))]
    public void Values_of_the_network_lie_before_the_records(string attributes)
    {
        var program = RecordedProgram.Of(attributes).Program;
        var training = program.PlanTraining(2, 224, 320, 5);
        var detection = program.PlanInference(2, 224, 320);

        foreach (ExecutionPlan plan in (ExecutionPlan[])[training, detection])
        {
            Assert.All([plan.Logits, plan.Deltas], map => Assert.True(map.Offset + map.Extent <= plan.Input.Offset, $"{map}"));
            Assert.True(plan.Anchors.Offset >= plan.ValuesLength, $"{plan.Anchors}");
            Assert.True(plan.ValuesLength < plan.ArenaLength);
        }

        Assert.True(training.InputGradient.Offset + training.InputGradient.Length <= training.ValuesLength);
        Assert.True(training.Matches.Offset >= training.ValuesLength, $"{training.Matches}");
        Assert.True(detection.Candidates.Boxes >= detection.ValuesLength);
    }

    private static IEnumerable<string> Taps(RecordingLog log) =>
        log.Calls.Where(call => call.Op == nameof(IBackend.Tap)).Select(call => call.Text.Split(' ', '[')[1]);

    private static void AssertWithin(RecordingLog log, RecordedBuffer buffer, long length)
    {
        foreach (var call in log.Calls)
        {
            foreach (var range in call.Reads.Concat(call.Writes).Where(range => range.Buffer == buffer))
            {
                Assert.True(
                    range.Offset >= 0 && range.End <= length,
                    $"{call.Text} touches {range.Offset} … {range.End - 1} of {length} elements of {buffer}");
            }
        }
    }
}
