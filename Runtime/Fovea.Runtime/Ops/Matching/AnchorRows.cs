using System.Runtime.CompilerServices;
using Fovea.CompilerServices;

namespace Fovea.Ops.Matching;

/// <summary>Maps whose cells hold a row for each of their anchors: logits and deltas.</summary>
internal static class AnchorRows
{
    /// <summary>Fails unless every level of the map is [N, H·W·A, width].</summary>
    public static void Require(PyramidMap map, AnchorMap anchors, int images, int width, string name)
    {
        var wrong = map.Levels != anchors.Levels || map.Images != images;
        for (var level = 0; level < map.Levels && !wrong; level++)
        {
            wrong = map[level].Length != (long)images * anchors[level].Count * width;
        }

        if (wrong)
        {
            throw new ArgumentException($"{name} is {map}, expected {images} images of {anchors}, {width} for each anchor.", name);
        }
    }

    /// <summary>
    /// Fails unless every level of what a head predicts and of its gradient is [N, H·W·A, width], and the loss has a term for each level.
    /// </summary>
    public static void RequireLoss(
        PyramidMap predictions,
        PyramidMap gradients,
        MatchMap matches,
        int width,
        LossTerm loss,
        [CallerArgumentExpression(nameof(predictions))] string predictionsName = "",
        [CallerArgumentExpression(nameof(gradients))] string gradientsName = "")
    {
        var anchors = new AnchorMap(0, matches.Height, matches.Width, matches.PerCell, matches.Levels);
        Require(predictions, anchors, matches.Images, width, predictionsName);
        Require(gradients, anchors, matches.Images, width, gradientsName);
        if (loss.Levels != matches.Levels)
        {
            throw new ArgumentException($"A loss of {loss.Levels} levels, but {matches.Levels} of matches.", nameof(loss));
        }
    }
}
