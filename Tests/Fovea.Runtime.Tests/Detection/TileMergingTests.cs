using Fovea.Detection;

namespace Fovea.Tests.Detection;

public class TileMergingTests
{
    [Fact]
    public void Of_boxes_that_no_edge_cuts_those_stay_that_torchvisions_suppression_keeps()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var count = random.Next(0, 60);
            // From all in one place to spread over a large picture.
            var scale = 1 << (round % 8);
            var boxes = Enumerable.Range(0, count).Select(_ => RandomBox(random).Scale(scale, scale)).ToArray();
            var scores = boxes.Select(_ => random.Next(1, 20) / 20f).ToArray();
            var classes = boxes.Select(_ => random.Next(3)).ToArray();
            Assert.Equal(
                NonMaximumSuppression.Suppress(boxes, scores, classes, 0.5),
                TileMerging.Merge(boxes, scores, classes, new bool[count], 0.5));
        }
    }

    [Fact]
    public void Half_an_object_goes_where_the_whole_one_is_seen_though_its_score_is_better()
    {
        Box whole = new(100, 100, 140, 140), half = new(100, 100, 118, 140), beside = new(300, 100, 318, 140);
        Assert.True(whole.IoU(half) < 0.5f);
        Assert.Equal([2, 0], TileMerging.Merge([whole, half, beside], [0.6f, 0.9f, 0.8f], [1, 1, 1], [false, true, true], 0.5));
    }

    [Fact]
    public void A_cut_box_of_another_class_or_one_that_mostly_lies_outside_stays()
    {
        Box whole = new(100, 100, 140, 140), half = new(100, 100, 118, 140), outside = new(130, 100, 170, 140);
        Assert.Equal([1, 0, 2], TileMerging.Merge([whole, half, outside], [0.6f, 0.9f, 0.5f], [1, 2, 1], [false, true, true], 0.5));
    }

    [Fact]
    public void A_small_whole_box_within_a_large_one_stays_as_in_any_picture()
    {
        Box car = new(0, 0, 200, 100), plate = new(90, 40, 110, 50);
        Assert.Equal([0, 1], TileMerging.Merge([car, plate], [0.9f, 0.8f], [0, 0], [false, false], 0.5));
    }

    [Fact]
    public void Of_an_object_that_no_tile_sees_whole_the_best_part_stays()
    {
        Box left = new(0, 10, 100, 50), right = new(80, 10, 180, 50), most = new(10, 10, 100, 50);
        Assert.Equal([0, 1], TileMerging.Merge([left, right, most], [0.9f, 0.8f, 0.7f], [0, 0, 0], [true, true, true], 0.5));
    }

    [Fact]
    public void Tens_of_thousands_of_boxes_are_merged_and_a_token_ends_it()
    {
        var boxes = Enumerable.Range(0, 40_000).Select(i => Box.FromSize(i % 200 * 50, i / 200 * 50, 40, 40)).ToArray();
        var (scores, classes) = (new float[boxes.Length], new int[boxes.Length]);
        Assert.Equal(boxes.Length, TileMerging.Merge(boxes, scores, classes, new bool[boxes.Length], 0.5).Length);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => TileMerging.Merge(boxes, scores, classes, new bool[boxes.Length], 0.5, source.Token));
    }

    private static Box RandomBox(Random random)
    {
        var (x, y) = (random.Next(60), random.Next(60));
        return new Box(x, y, x + random.Next(5, 40), y + random.Next(5, 40));
    }
}
