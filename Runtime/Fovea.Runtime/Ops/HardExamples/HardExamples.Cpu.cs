using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.HardExamples;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.SelectHardExamples"/>
    public void SelectHardExamples(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in HardExampleRule rule,
        in BoxLossRule boxLoss, MatchMap selected)
    {
        HardExampleOperands.Check(logits, deltas, anchors, matches, truth, rule, selected);
        var count = anchors.Count;
        var keys = (ulong*)context.SharedWorkspace(HardExampleWork.Length(truth.Images, count));
        var work = new HardExampleWork
        {
            Arena = context.At(0),
            Logits = logits,
            Deltas = deltas,
            Anchors = anchors,
            Matches = matches,
            Selected = selected,
            Truth = truth,
            Rule = rule,
            BoxLoss = boxLoss,
            ChunkLength = Math.Max(1, FocalChunk / rule.Classes),
            Keys = keys,
            States = (byte*)(keys + ((long)truth.Images * count)),
            Count = count,
        };
        var scores = default(PyramidJob<HardExampleWork.ScoreJob>);
        for (var level = 0; level < anchors.Levels; level++)
        {
            scores.Add(new HardExampleWork.ScoreJob(work, level));
        }

        scores.Run(context.Pool);
        var choice = new HardExampleWork.ChooseJob(work);
        context.Pool.Run(truth.Images, ref choice);
    }
}
