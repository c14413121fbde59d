using Fovea.Generator.Graph;
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Tests.Lowering;
using FsCheck.Xunit;

namespace Fovea.Generator.Tests.Planning;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

public sealed class MemoryPlannerTests
{
    private static readonly Shape Quarter = new(2, 64);

    [Fact]
    public void A_value_lives_from_its_node_to_its_last_reader()
    {
        var sketch = Chain("a", "b", "c", "d");
        var lifetimes = Lifetimes.Of(sketch.Graph);

        Assert.Equal([new(0, 1), new(1, 2), new(2, 3), new Lifetime(3, 3)], lifetimes.Storages.Select(storage => storage.Lifetime));
    }

    [Fact]
    public void A_chain_of_equal_values_takes_two_slots_in_turn()
    {
        var sketch = Chain("a", "b", "c", "d");
        var plan = sketch.Plan();

        Assert.Equal(2, plan.Slots.Count);
        Assert.Same(plan.SlotOf(sketch["a"]), plan.SlotOf(sketch["c"]));
        Assert.Same(plan.SlotOf(sketch["b"]), plan.SlotOf(sketch["d"]));
    }

    [Fact]
    public void What_costs_a_pass_is_written_over_only_where_memory_peaks()
    {
        // a, b and c are alive at once; at d and e two are, whatever lies over what.
        var sketch = new Sketch().Source("x", new(0, 3)).Node("a", Quarter, ["x"]).Node("b", Quarter, ["a"])
            .Node("c", Quarter, ["a", "b"], atPeak: [1]).Node("d", Quarter, ["c"], atPeak: [0]).Node("e", Quarter, ["d"], atPeak: [0]);
        var plan = sketch.Plan();

        Assert.Equal(2, plan.Slots.Count);
        Assert.Same(plan.Lifetimes.StorageOf(sketch["b"]), plan.Lifetimes.StorageOf(sketch["c"]));
        Assert.NotSame(plan.Lifetimes.StorageOf(sketch["c"]), plan.Lifetimes.StorageOf(sketch["d"]));
        Assert.NotSame(plan.Lifetimes.StorageOf(sketch["d"]), plan.Lifetimes.StorageOf(sketch["e"]));
        PlanSimulation.AssertSound(sketch.Graph, plan);
    }

    [Fact]
    public void A_head_begins_its_backward_in_the_memory_of_its_forward()
    {
        var graph = GraphBuilder.Training(Specs.ResNet(50, 3));
        var plan = MemoryPlanner.Plan(graph);
        Value Named(string name) => graph.AllNodes.SelectMany(node => node.Outputs).Single(value => value.ToString() == name);

        Assert.Same(plan.Lifetimes.StorageOf(Named("regression.hidden4")), plan.Lifetimes.StorageOf(Named("d(regression.hidden4)")));
        Assert.NotSame(plan.Lifetimes.StorageOf(Named("layer4.2.spatial")), plan.Lifetimes.StorageOf(Named("d(layer4.2.spatial)")));
    }

    [Fact]
    public void A_slot_that_nobody_uses_whole_is_divided()
    {
        // c and d live together where nothing else does; both fit into the slot of a.
        var sketch = new Sketch().Source("x", new(0, 3))
            .Node("a", Quarter, ["x"]).Node("b", new(5, 8), ["a"])
            .Node("c", new(3, 64), ["b"]).Node("d", new(3, 64), ["b"]).Node("e", new(5, 8), ["c", "d"]);
        var plan = sketch.Plan();

        Assert.Equal(["S0_0", "S0_1"], new[] { plan.SlotOf(sketch["c"])!.Name, plan.SlotOf(sketch["d"])!.Name });
        Assert.Same(plan.SlotOf(sketch["a"]), plan.SlotOf(sketch["c"])!.Whole);
        PlanSimulation.AssertSound(sketch.Graph, plan);
        PlanSimulation.AssertFits(plan, 800, 800);
        PlanSimulation.AssertFits(plan, 9, 17);
    }

    [Fact]
    public void An_in_place_operator_writes_over_the_source_that_nobody_else_reads()
    {
        var sketch = new Sketch().Source("x", new(0, 3)).Node("a", Quarter, ["x"]).Node("b", Quarter, ["a"], inPlace: [0]);
        var plan = sketch.Plan();

        Assert.Single(plan.Slots);
        Assert.Equal(["a", "b"], plan.Slots[0].Values.Select(value => value.Name));
    }

    [Fact]
    public void An_in_place_operator_leaves_a_source_that_is_read_later()
    {
        var sketch = new Sketch().Source("x", new(0, 3))
            .Node("a", Quarter, ["x"]).Node("b", Quarter, ["a"], inPlace: [0]).Node("c", Quarter, ["a", "b"]);

        Assert.Equal(3, sketch.Plan().Slots.Count);
    }

    [Fact]
    public void An_in_place_operator_never_writes_over_the_host()
    {
        var sketch = new Sketch().Source("x", Quarter).Node("a", Quarter, ["x"], inPlace: [0]);

        Assert.Null(sketch.Plan().SlotOf(sketch["x"]));
    }

    [Fact]
    public void An_operand_that_must_not_be_overwritten_lies_elsewhere_even_if_it_is_done()
    {
        var sketch = new Sketch().Source("x", new(0, 3)).Node("a", Quarter, ["x"]).Node("b", Quarter, ["a"], inPlace: []);

        Assert.Equal(2, sketch.Plan().Slots.Count);
    }

    [Fact]
    public void A_tapped_value_is_kept_to_the_end_of_its_block()
    {
        var sketch = new Sketch().Source("x", new(0, 3)).Node("a", Quarter, ["x"]);
        sketch["a"].Taps.Add(new("a"));
        sketch.Node("b", Quarter, ["a"], inPlace: [0]).Node("c", Quarter, ["b"]).Block("next").Node("d", Quarter, ["c"]);
        var plan = sketch.Plan();

        Assert.Equal(new(0, 2), plan.Lifetimes.StorageOf(sketch["a"]).Lifetime);
        Assert.NotSame(plan.SlotOf(sketch["a"]), plan.SlotOf(sketch["b"]));
        Assert.NotSame(plan.SlotOf(sketch["a"]), plan.SlotOf(sketch["c"]));
        Assert.Equal(3, plan.Slots.Count);
    }

    [Fact]
    public void Logits_of_a_training_step_are_kept_until_the_losses_are_done()
    {
        var sketch = new Sketch().Source("x", new(0, 3)).Node("logits", Quarter, ["x"]).Node("deltas", Quarter, ["x"]);
        sketch.Graph.Results.AddRange([new("Logits", sketch["logits"]), new("Deltas", sketch["deltas"])]);
        sketch.Node("loss1", default, ["logits"], kind: new LossKind(), phase: sketch.Graph.Loss)
            .Node("loss2", default, ["deltas"], kind: new LossKind(), phase: sketch.Graph.Loss);
        var lifetimes = Lifetimes.Of(sketch.Graph);

        Assert.Equal(3, lifetimes.StorageOf(sketch["logits"]).Lifetime.Last);
    }

    [Fact]
    public void A_slot_is_as_long_as_its_longest_value_on_any_canvas()
    {
        var sketch = new Sketch().Source("x", new(0, 3))
            .Node("a", new(2, 64), ["x"]).Node("b", new(3, 200), ["a"]).Node("c", new(3, 300), ["b"]).Node("d", new(4, 100), ["c"]);
        var plan = sketch.Plan();

        Assert.Equal([new Shape(2, 64), new Shape(3, 300)], plan.SlotOf(sketch["a"])!.Terms);
        PlanSimulation.AssertFits(plan, 320, 320);
        PlanSimulation.AssertFits(plan, 33, 7);
    }

    [Fact]
    public void The_plan_says_what_it_saved()
    {
        // 200 × 200 × 64 elements of 4 bytes are 10.24 MB.
        Assert.Equal("activations 41.0 MB -> 20.5 MB, 4 values in 2 slots", Chain("a", "b", "c", "d").Plan().Summary(800, 800));
    }

    [Fact]
    public void The_arena_is_the_image_part_times_the_images_and_what_has_places_of_its_own()
    {
        var plan = Chain("a", "b", "c", "d").Plan();
        long Input(int images) => images * 3 * 64 * 64;

        Assert.Equal((2 * 16 * 16 * 64) + Input(1), plan.ArenaLength(new(1, 64, 64, 0)));
        Assert.Equal((3 * 2 * 16 * 16 * 64) + Input(3), plan.ArenaLength(new(3, 64, 64, 0)));
    }

    /// <summary>Random graphs: any number of readers, in-place operators, taps, blocks, shapes; any canvas.</summary>
    [Property(MaxTest = 300)]
    public void No_value_is_overwritten_before_its_last_reader_whatever_the_graph(int seed)
    {
        var sketch = Random(new Random(seed));
        var plan = sketch.Plan();

        PlanSimulation.AssertSound(sketch.Graph, plan);
        PlanSimulation.AssertFits(plan, 1 + (Math.Abs(seed % 700)), 1 + (Math.Abs(seed % 331)));
    }

    public static TheoryData<string, double, double> Networks => new()
    {
        { "r18", 1.01, 1.03 }, { "r50", 1.2, 1.03 }, { "v2", 1.2, 1.03 }, { "r101", 1.2, 1.03 },
    };

    /// <summary>The ratios are of the least memory that values alive at once need.</summary>
    [Theory]
    [MemberData(nameof(Networks))]
    public void Real_networks_are_planned_soundly_and_close_to_the_least_memory(string name, double inferenceRatio, double trainingRatio)
    {
        var spec = name switch
        {
            "r18" => Specs.ResNet(18, 20, NormKind.BatchNorm),
            "v2" => Specs.V2(91),
            _ => Specs.ResNet(int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture), 91),
        };
        foreach (var (graph, ratio) in new[] { (GraphBuilder.Inference(spec), inferenceRatio), (GraphBuilder.Training(spec), trainingRatio) })
        {
            var plan = MemoryPlanner.Plan(graph);
            PlanSimulation.AssertSound(graph, plan);
            foreach (var (height, width) in new[] { (800, 800), (480, 640), (800, 1344), (32, 32) })
            {
                PlanSimulation.AssertFits(plan, height, width);
            }

            var (least, taken) = (PlanSimulation.LeastLength(plan, 800, 800), plan.Slots.Sum(slot => slot.Length(800, 800)));
            Assert.True(
                taken <= ratio * least,
                $"{name}: {MemoryPlan.Megabytes(taken)} where {MemoryPlan.Megabytes(least)} are alive at once, expected at most {ratio}×");
        }
    }

    private static Sketch Chain(params string[] names)
    {
        var sketch = new Sketch().Source("x", new(0, 3));
        for (var i = 0; i < names.Length; i++)
        {
            sketch.Node(names[i], Quarter, [i == 0 ? "x" : names[i - 1]]);
        }

        return sketch;
    }

    private static Sketch Random(Random random)
    {
        var sketch = new Sketch().Source("x", new(0, 3));
        var names = new List<string> { "x" };
        var count = random.Next(1, 60);
        for (var i = 0; i < count; i++)
        {
            if (random.Next(4) == 0)
            {
                sketch.Block($"block{i}");
            }

            var recent = names.TakeLast(6).ToArray();
            var inputs = random.GetItems(recent, random.Next(1, 4)).Distinct().ToArray();
            var shape = random.Next(3) == 0 ? sketch[inputs[0]].Shape : new Shape(random.Next(2, 6), 8 * random.Next(1, 9));
            var inPlace = Enumerable.Range(0, inputs.Length).Where(_ => random.Next(2) == 0).ToArray();
            var phase = i > count / 2 ? sketch.Graph.Backward : sketch.Graph.Forward;
            var kind = phase == sketch.Graph.Forward ? ValueKind.Activation : ValueKind.Gradient;
            var atPeak = Enumerable.Range(0, inputs.Length).Where(_ => random.Next(2) == 0).ToArray();
            sketch.Node($"v{i}", shape, inputs, inPlace, kind, phase, atPeak);
            if (random.Next(5) == 0 && phase == sketch.Graph.Forward)
            {
                sketch[$"v{i}"].Taps.Add(new($"v{i}"));
            }

            names.Add($"v{i}");
        }

        return sketch;
    }
}
