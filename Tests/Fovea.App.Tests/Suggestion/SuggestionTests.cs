using Fovea.App.Suggestion;
using Fovea.CompilerServices;
using Fovea.Tiny;

namespace Fovea.Tests.App.Suggestion;

public enum Part
{
    Bolt,
    Nut,
}

/// <summary>As <c>--suggest</c> declares networks: every stage, five levels from P2 on, no width of a power of two.</summary>
[RetinaNet<Part>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = 12)]
[Pyramid(MinLevel = 2, MaxLevel = 7, Channels = 20)]
[Head(Depth = 3, Width = 20)]
[InputSize(224, 160)]
public partial class ProbeDetector;

/// <summary>As <c>--suggest</c> declares networks that begin with weights.</summary>
[RetinaNet<Part>(Backbone.ResNet18MicrosoftML)]
[Pyramid(MinLevel = 3, MaxLevel = 6, Channels = 24)]
[Head(Depth = 1, Width = 24)]
[InputSize(160, 128)]
public partial class PretrainedProbe;

/// <summary>Costs as the compiler counts them, and choices that follow from objects, time and machine.</summary>
public class SuggestionTests
{
    private static readonly MachineSpeed Machine = new(30e9, 60e9, "a machine");

    [Fact]
    public void Costs_are_those_that_the_compiler_counts()
    {
        using var probe = ProbeDetector.Create(seed: 1);
        var candidate = new NetworkCandidate(224, 160, 2, 7, 12, 20, 3) { Classes = 2 };
        Assert.Equal(probe.Description.Stages.Sum(s => s.MacsPerImage), candidate.Macs);
        Assert.Equal(
            probe.Description.Tensors.Where(t => t.Role == TensorRole.ConvWeight).Sum(t => (long)t.Length), candidate.Weights);

        using var pretrained = PretrainedProbe.Create(seed: 1);
        var deeper = new NetworkCandidate(160, 128, 3, 6, 64, 24, 1) { Classes = 2, IsPretrained = true };
        Assert.Equal(pretrained.Description.Stages.Sum(s => s.MacsPerImage), deeper.Macs);

        using var tile = TileDetector.Create(seed: 1);
        var small = new NetworkCandidate(64, 64, 3, 5, 8, 16, 1, Blocks: 1) { Anchors = 3, Classes = 2 };
        Assert.Equal(tile.Description.Stages.Sum(s => s.MacsPerImage), small.Macs);
    }

    [Fact]
    public void Memory_is_predicted_within_a_quarter()
    {
        using var probe = ProbeDetector.Create(seed: 1);
        using var session = probe.CreateTrainingSession(4, 160, 224);
        CheckMemory(session, new NetworkCandidate(224, 160, 2, 7, 12, 20, 3) { Classes = 2 });
        using var tile = TileDetector.Create(seed: 1);
        using var large = tile.CreateTrainingSession(4, 512, 512);
        CheckMemory(large, new NetworkCandidate(512, 512, 3, 5, 8, 16, 1, Blocks: 1) { Anchors = 3, Classes = 2 });

        static void CheckMemory(TrainingSession session, NetworkCandidate candidate)
        {
            var (expected, predicted) = (session.Plan.ArenaLength * 4.0, MachineSpeed.ActivationBytes(candidate, 4));
            Assert.True(
                predicted / expected is > 0.75 and < 1.25, $"predicted {predicted / (1 << 20):F2} MiB, planned {expected / (1 << 20):F2} MiB");
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1500, 0.5)]
    [InlineData(13_500, 0.9)]
    public void Half_is_learned_from_fifteen_hundred_showings_and_nine_tenths_from_nine_times_as_many(double showings, double share) =>
        Assert.Equal(share, Suggester.Learned(showings), 12);

    [Fact]
    public void The_machine_is_measured()
    {
        using var tile = TileDetector.Create(seed: 1);
        var speed = MachineSpeed.Measure(tile, default);
        Assert.InRange(speed.TrainingMacsPerSecond, 1e7, 1e15);

        // What it says of the measured network is what was measured: its work and its products take the same time.
        var measured = new NetworkCandidate(256, 256, 3, 5, 8, 16, 1, Blocks: 1) { Anchors = 3, Classes = 2 };
        Assert.Equal(3 * measured.Macs / speed.TrainingMacsPerSecond, speed.SecondsPerImage(measured), 0.25 * speed.SecondsPerImage(measured));
    }

    [Fact]
    public void A_narrow_network_takes_longer_than_its_products_say()
    {
        var (wide, narrow) = (new NetworkCandidate(256, 256, 3, 7, 64, 256, 4), new NetworkCandidate(800, 800, 3, 7, 16, 48, 1));
        var (products, time) = ((double)wide.Macs / narrow.Macs, Machine.SecondsPerImage(wide) / Machine.SecondsPerImage(narrow));
        Assert.True(time < 0.75 * products, $"{products} times the products in {time} times the time");
    }

    [Theory]
    [InlineData(24, 3)]
    [InlineData(8, 1)]
    public void Anchors_fit_the_objects(int side, double most)
    {
        var random = new SeededRandom(2);
        var boxes = Enumerable.Range(0, 200).Select(_ => Box.FromSize((float)random.NextDouble(0, 200), (float)random.NextDouble(0, 200), side, side)).ToArray();
        var choice = AnchorChoice.Best(boxes, new CanvasSize(256, 256), 3, 6);
        Assert.True(choice.BaseSize <= most, $"base size {choice.BaseSize}");
        Assert.True(choice.Covered > 0.3, $"covered {choice.Covered}");
        var wide = boxes.Select(b => Box.FromSize(b.X1, b.Y1, side * 2, side * 0.7f)).ToArray();
        Assert.True(AnchorChoice.Best(wide, new CanvasSize(256, 256), 3, 6).Ratios.Length == 3);
    }

    [Fact]
    public void Small_objects_get_a_finer_map_than_a_newcomer_declares_and_keep_to_the_time()
    {
        // 200 pictures of 640² with objects of 24 to 40 pixels in six classes: at 320² from P3 on none is four cells wide.
        var suggester = Of(200, 24, 40, classes: 6);
        Assert.Equal(0, suggester.Readable(320, 320, 3).Read);
        var choices = suggester.Suggest(30);
        Assert.InRange(choices.Count, 2, 3);
        foreach (var (choice, minutes) in choices.Zip([10.0, 30, 90]))
        {
            Assert.True(choice.Minutes <= minutes * 1.001, $"{choice.Minutes} of {minutes} minutes");
        }

        // Found all of them, read half of them at least; more time reads more.
        Assert.True(
            choices[1].Read > 0.5 && choices[1].Found > 0.99, $"{choices[1].Read:P0} of the objects can be read: {choices[1].Network}");
        Assert.True(choices[^1].Read >= choices[1].Read, $"{choices[^1].Read:P0} with more time: {choices[^1].Network}");
        Assert.True(choices[1].Network.Macs >= choices[0].Network.Macs);
    }

    [Fact]
    public void Large_objects_get_a_small_canvas()
    {
        var choice = Of(200, 200, 400, classes: 2).Suggest(30)[^1];
        Assert.True(choice.Network.Width < 640, $"{choice.Network}");
        Assert.True(choice.Read > 0.95);
    }

    [Fact]
    public void The_text_is_a_declaration_to_paste_and_says_why_the_present_one_reads_less()
    {
        using var tile = TileDetector.Create(seed: 1);
        var suggester = Of(200, 24, 40, classes: 6);
        var text = SuggestionText.Write(tile.Description, "Tile", suggester, suggester.Suggest(30), Machine, sided: true);
        Assert.Contains("no training makes the network read what its finest map does not hold", text, StringComparison.Ordinal);
        Assert.Contains("[RetinaNet<Tile>(Backbone.Custom)]", text, StringComparison.Ordinal);
        Assert.Contains("--no-flip", text, StringComparison.Ordinal);
        Assert.Contains("public partial class TileDetector;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_are_pretrained_weights_the_first_choice_begins_with_them()
    {
        using var tile = TileDetector.Create(seed: 1);
        var suggester = Of(200, 24, 40, classes: 6, pretrained: true);
        var choices = suggester.Suggest(30);
        Assert.True(choices[0].Network.IsPretrained);
        Assert.True(choices[0].Minutes <= 30.03, $"{choices[0].Minutes} minutes");
        Assert.True(choices[0].Found > 0.99, $"{choices[0].Network}");
        Assert.All(choices.Skip(1), c => Assert.False(c.Network.IsPretrained));
        var text = SuggestionText.Write(tile.Description, "Tile", suggester, choices, Machine, sided: false);
        Assert.Contains("[RetinaNet<Tile>(Backbone.ResNet18MicrosoftML)]", text, StringComparison.Ordinal);
        Assert.Contains("// train --pretrained --epochs", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Of(200, 24, 40, classes: 6).Suggest(30), c => c.Network.IsPretrained);
    }

    private static Suggester Of(int images, int smallest, int largest, int classes, bool pretrained = false)
    {
        var random = new SeededRandom(7);
        var objects = new List<(Box Box, int Width, int Height)>();
        for (var i = 0; i < images * 6; i++)
        {
            var side = (float)random.NextDouble(smallest, largest);
            objects.Add(
                (Box.FromSize((float)random.NextDouble(0, 640 - side), (float)random.NextDouble(0, 640 - side), side, side), 640, 640));
        }

        return new Suggester(objects, images, classes, Machine, pretrained);
    }
}
