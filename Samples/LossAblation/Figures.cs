using Fovea;
using ScottPlot;

namespace LossAblation;

/// <summary>The paper's figures 1 and 4.</summary>
internal static class Figures
{
    private const int BatchSize = 4;
    private const int Batches = 4;

    private static readonly double[] Gammas = [0, 0.5, 1, 2, 5];

    /// <summary>Figure 1: the loss of an output against the probability p_t that it gives to the truth, −(1 − p_t)^γ ln p_t.</summary>
    public static void SaveLoss(string path)
    {
        using var plot = new Plot();
        double[] probabilities = [.. Enumerable.Range(1, 400).Select(i => i / 400.0)];
        foreach (var gamma in Gammas)
        {
            AddLine(plot, probabilities, [.. probabilities.Select(p => -Math.Pow(1 - p, gamma) * Math.Log(p))], gamma);
        }

        plot.Title("Focal loss");
        plot.XLabel("probability of the truth");
        plot.YLabel("loss");
        plot.Axes.SetLimits(0, 1, 0, 5);
        plot.ShowLegend(Alignment.UpperRight);
        plot.SavePng(path, 800, 520);
    }

    /// <summary>
    /// Figure 4: the share of the loss that the easiest outputs have together, of outputs of foreground and of background; for a trained
    /// detector on scenes that it has not seen. The nearer a curve stays to 0, the more the hard few decide.
    /// </summary>
    public static void SaveShares(string foreground, string background, Detector<Mark> detector, InMemoryDataset<Mark> scenes)
    {
        var (positive, negative) = ReadLogits(detector, scenes);
        SaveShare(foreground, "foreground", positive);
        SaveShare(background, "background", negative);
    }

    /// <param name="path">The picture.</param>
    /// <param name="title">Which outputs.</param>
    /// <param name="logits">Of their truths: the background's with the other sign.</param>
    private static void SaveShare(string path, string title, float[] logits)
    {
        using var plot = new Plot();
        foreach (var gamma in Gammas)
        {
            double[] losses = [.. logits.Select(x => Loss(x, gamma)).Order()];
            var (total, sum, count) = (losses.Sum(), 0.0, losses.Length);
            var (shares, fractions) = (new List<double> { 0 }, new List<double> { 0 });
            for (var i = 0; i < count; i++)
            {
                sum += losses[i];
                if (i == count - 1 || (long)(i + 1) * 500 / count != (long)i * 500 / count)
                {
                    fractions.Add((i + 1.0) / count);
                    shares.Add(total > 0 ? sum / total : 0);
                }
            }

            AddLine(plot, [.. fractions], [.. shares], gamma);
        }

        plot.Title($"Cumulative share of the loss over {title}");
        plot.XLabel($"share of the outputs of {title}, easiest first");
        plot.YLabel("share of the loss");
        plot.Axes.SetLimits(0, 1, 0, 1);
        plot.ShowLegend(Alignment.UpperLeft);
        plot.SavePng(path, 800, 520);
    }

    /// <summary>(1 − p_t)^γ · softplus(−x_t), where p_t = σ(x_t).</summary>
    private static double Loss(double logit, double gamma)
    {
        // ln(1 − p_t) = −softplus(x_t), and softplus(x_t) = x_t + softplus(−x_t).
        var softplus = Math.Max(-logit, 0) + Math.Log(1 + Math.Exp(-Math.Abs(logit)));
        return Math.Exp(-gamma * (logit + softplus)) * softplus;
    }

    /// <summary>Every output's logit of its truth, from training steps that leave the weights as they are.</summary>
    private static (float[] Positive, float[] Negative) ReadLogits(Detector<Mark> detector, InMemoryDataset<Mark> scenes)
    {
        var (positive, negative) = (new List<float>(), new List<float>());
        using var loader = new DataLoader<Mark>(scenes, detector.Fitter, LoaderOptions.ForEvaluation(BatchSize));
        using var session = detector.CreateTrainingSession(BatchSize, 256, 256, loader.MaxBoxes);

        // Backward may take the logits' place: they are read at the moment when they are complete.
        var levels = detector.Description.Layers.Count(layer => layer.StartsWith("cls_logits.", StringComparison.Ordinal));
        var logits = new float[levels][];
        for (var i = 0; i < levels; i++)
        {
            var level = i;
            session.Tap($"cls_logits.P{level + 2}", (_, values, _) => logits[level] = values.ToArray());
        }

        foreach (var batch in loader.Epoch(0).Take(Batches))
        {
            session.SetBatch(batch);
            session.ForwardBackward();
            for (var level = 0; level < levels; level++)
            {
                var matches = session.ReadMatches(level);
                for (var i = 0; i < logits[level].Length; i++)
                {
                    var (match, image) = (matches[i / 2], i / 2 / (matches.Length / BatchSize));
                    if (match >= 0 && batch.ClassesOf(image)[match] == i % 2)
                    {
                        positive.Add(logits[level][i]);
                    }
                    else if (match >= -1)
                    {
                        negative.Add(-logits[level][i]);
                    }
                }
            }
        }

        return ([.. positive], [.. negative]);
    }

    private static void AddLine(Plot plot, double[] x, double[] y, double gamma)
    {
        var line = plot.Add.Scatter(x, y);
        line.LegendText = FormattableString.Invariant($"γ = {gamma}");
        line.LineWidth = 2;
        line.MarkerSize = 0;
    }
}
