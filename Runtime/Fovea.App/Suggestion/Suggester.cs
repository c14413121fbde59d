namespace Fovea.App.Suggestion;

/// <summary>A declaration with what is expected of it.</summary>
/// <param name="Network">Canvas, levels and widths.</param>
/// <param name="Anchors">That fit the objects.</param>
/// <param name="Batch">Images in a step.</param>
/// <param name="Epochs">Passes.</param>
/// <param name="Minutes">Predicted.</param>
/// <param name="Bytes">Predicted memory.</param>
/// <param name="Found">Share of objects at least two strides wide.</param>
/// <param name="Read">Share of objects at least four strides wide, of which details can be read.</param>
internal sealed record Suggested(
    NetworkCandidate Network, AnchorChoice Anchors, int Batch, int Epochs, double Minutes, double Bytes, double Found, double Read);

/// <summary>
/// Chooses among networks by what they can read and how long they can learn: a finer canvas shows more, a wider network learns more, and
/// both leave fewer epochs of the time that there is.
/// </summary>
/// <param name="objects">Boxes in pixels of their pictures, with the pictures' sizes.</param>
/// <param name="images">Pictures to learn from.</param>
/// <param name="classes">K.</param>
/// <param name="speed">Of the machine.</param>
/// <param name="pretrained">Whether the application has weights of <see cref="Backbone.ResNet18MicrosoftML"/>.</param>
internal sealed class Suggester(
    IReadOnlyList<(Box Box, int Width, int Height)> objects, int images, int classes, MachineSpeed speed, bool pretrained = false)
{
    // Judgement, not a measurement (docs/data.md): from so many showings half is learned of what a network can learn, from nine times as
    // many nine tenths. And more than so many are not worth their time.
    private const double HalfLearned = 1500;

    // With pretrained weights the blood cells' AP is 0.40 after 410 showings and 0.54 after 1025, the screws' AP50 0.87 after 160.
    private const double HalfLearnedPretrained = 200;
    private const double MostShowings = 30_000;
    private static readonly int[] Levels = [2, 3];

    // What was measured. C2 costs most of the time, and of a network that names photographs it holds little more than edges.
    private static readonly int[] PretrainedLevels = [3];
    private const int LeastEpochs = 12;
    private const int LeastEpochsPretrained = 6;
    private const int MostBoxes = 1500;
    private static readonly (int BaseWidth, int Channels, int Depth)[] Widths = [(16, 48, 1), (24, 48, 1), (32, 64, 1), (32, 96, 2), (48, 128, 2), (64, 128, 3), (64, 192, 4)];
    private static readonly (int BaseWidth, int Channels, int Depth)[] PretrainedWidths = [(64, 64, 1), (64, 96, 1), (64, 128, 2), (64, 192, 3)];
    private static readonly double[] Scales = [0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1.25, 1.5];

    private readonly (Box Box, int Width, int Height)[] sample =
        [.. Enumerable.Range(0, Math.Min(MostBoxes, objects.Count)).Select(
            i => objects[(int)((long)i * objects.Count / Math.Min(MostBoxes, objects.Count))])];

    /// <summary>
    /// The best for a third of the time, for all of it, and for three times as much; fewer where two are the same. Where there are weights
    /// to begin with, the best with them for all of the time comes before.
    /// </summary>
    public IReadOnlyList<Suggested> Suggest(double minutes) =>
    [
        .. (pretrained ? new[] { Best(minutes, pretrained: true) } : []).OfType<Suggested>(),
        .. new[] { minutes / 3, minutes, minutes * 3 }.Select(m => Best(m, pretrained: false)).OfType<Suggested>().DistinctBy(s => (s.Network, s.Epochs)),
    ];

    /// <summary>Shares of objects that are two, and four, strides wide on a canvas.</summary>
    public (double Found, double Read) Readable(int width, int height, int minLevel)
    {
        var stride = 1 << minLevel;
        var sides = sample.Select(o => Math.Min(o.Box.Width, o.Box.Height) * Scale(o.Width, o.Height, width, height)).ToArray();
        return (sides.Count(s => s >= 2 * stride) / (double)sides.Length, sides.Count(s => s >= 4 * stride) / (double)sides.Length);
    }

    /// <summary>What is learned from so many showings of pictures, as a share of what can be, 0 … 1.</summary>
    internal static double Learned(double showings, bool pretrained = false) =>
        showings / (showings + (pretrained ? HalfLearnedPretrained : HalfLearned));

    /// <summary>
    /// How much of the objects a canvas shows, 0 … 1: cells across an object, up to where details are read, and pixels, up to where more
    /// say little.
    /// One class needs to be found only.
    /// </summary>
    private double Reading(int width, int height, int minLevel)
    {
        var (cells, pixels) = classes > 1 ? (4.0, 40.0) : (2.0, 20.0);
        return sample.Average(o =>
        {
            var side = Math.Min(o.Box.Width, o.Box.Height) * Scale(o.Width, o.Height, width, height);
            return Math.Min(1, side / (1 << minLevel) / cells) * Math.Sqrt(Math.Min(1, side / pixels));
        });
    }

    private Suggested? Best(double minutes, bool pretrained)
    {
        var leastEpochs = pretrained ? LeastEpochsPretrained : LeastEpochs;
        var (best, worth) = ((Suggested?)null, double.NegativeInfinity);
        foreach (var scale in Scales)
        {
            var (width, height) = (Snap(Median(o => o.Width) * scale), Snap(Median(o => o.Height) * scale));
            foreach (var level in pretrained ? PretrainedLevels : Levels)
            {
                var (found, read) = Readable(width, height, level);
                var reading = Reading(width, height, level);
                foreach (var (baseWidth, channels, depth) in pretrained ? PretrainedWidths : Widths)
                {
                    var network = new NetworkCandidate(width, height, level, MaxLevel(width, height), baseWidth, channels, depth) { Classes = classes, IsPretrained = pretrained };
                    var epochs = Epochs(network, minutes);
                    var learning = Learned(images * (double)epochs, pretrained);
                    var here = reading * learning * learning * Math.Pow(baseWidth * channels, 0.06);
                    if (epochs >= leastEpochs && here > worth)
                    {
                        var batch = images < 64 ? 2 : width * height > 512 * 512 ? 4 : 8;
                        (worth, best) = (here, new Suggested(
                            network, new AnchorChoice(4, [1], 0, 0), batch, epochs, Minutes(network, epochs), MachineSpeed.Bytes(network, batch), found, read));
                    }
                }
            }
        }

        return best is null ? null : WithAnchors(best);
    }

    private Suggested WithAnchors(Suggested s)
    {
        var canvas = new CanvasSize(s.Network.Width, s.Network.Height);
        var boxes = sample.Select(o => Scale(o.Width, o.Height, canvas.Width, canvas.Height) is var f ? o.Box.Scale((float)f, (float)f) : default).ToArray();
        var anchors = AnchorChoice.Best(boxes, canvas, s.Network.MinLevel, s.Network.MaxLevel);

        // Predicted with three ratios; one costs less.
        var network = s.Network with { Anchors = 3 * anchors.Ratios.Length };
        return s with
        {
            Anchors = anchors,
            Network = network,
            Minutes = Minutes(network, s.Epochs),
            Bytes = MachineSpeed.Bytes(
            network, s.Batch)
        };
    }

    private int Epochs(NetworkCandidate network, double minutes)
    {
        var fit = minutes * 60 / (Minutes(network, 1) * 60);
        return (int)Math.Min(Math.Min(fit, 300), Math.Max(LeastEpochs, MostShowings / images));
    }

    /// <summary>Training, and a fifth more for reading pictures and measuring in between.</summary>
    private double Minutes(NetworkCandidate network, int epochs) => 1.2 * epochs * images * speed.SecondsPerImage(network) / 60;

    /// <summary>Levels up to that whose cells are a quarter of the canvas.</summary>
    private static int MaxLevel(int width, int height) => Math.Min(width, height) >= 512 ? 7 : Math.Min(width, height) >= 192 ? 6 : 5;

    private double Median(Func<(Box Box, int Width, int Height), int> side) => sample.Select(side).Order().ElementAt(sample.Length / 2);

    private static double Scale(int width, int height, int canvasWidth, int canvasHeight) =>
        Math.Min((double)canvasWidth / width, (double)canvasHeight / height);

    private static int Snap(double side) => Math.Max(64, (int)Math.Round(side / 32) * 32);
}
