using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.Matching;

namespace Fovea.Ops.HardExamples;

/// <summary>
/// Mining of all images: first every anchor's score as a sort key, a task for each image and run of anchors of a level; then the choice,
/// a task for each image. Nine bytes of memory for each anchor and image.
/// </summary>
internal unsafe struct HardExampleWork
{
    /// <summary>An anchor's state.</summary>
    private const byte Foreground = 1;
    private const byte Struck = 2;
    private const byte Taken = 4;

    public float* Arena;
    public PyramidMap Logits;
    public PyramidMap Deltas;
    public AnchorMap Anchors;
    public MatchMap Matches;
    public MatchMap Selected;
    public GroundTruthMap Truth;
    public HardExampleRule Rule;
    public BoxLossRule BoxLoss;
    public int ChunkLength;

    /// <summary><see cref="ScoreOrder"/>'s keys <c>[N, anchors]</c>, level after level, and states of the same places.</summary>
    public ulong* Keys;
    public byte* States;

    /// <summary>Anchors of all levels.</summary>
    public int Count;

    /// <summary>Keys and states for so many images and anchors, in elements of an arena.</summary>
    public static long Length(int images, int anchors) => ((long)images * anchors * (sizeof(ulong) + 1) / sizeof(float)) + 1;

    private readonly void Score(int image, int level, int start, int stop)
    {
        var count = Anchors[level].Count;
        var rows = (long)image * count;
        var before = AnchorGrid.Of(Anchors.Height, Anchors.Width, Anchors.PerCell, level).Before;
        var to = ((long)image * Count) + before;
        var logits = Arena + Logits[level].Offset + (rows * Rule.Classes);
        var matches = (int*)(Arena + Matches[level].Offset) + rows;
        for (var a = start; a < stop; a++)
        {
            var match = matches[a];
            if (match == Matcher.Ignored)
            {
                (Keys[to + a], States[to + a]) = (ulong.MaxValue, Struck);
                continue;
            }

            var row = logits + ((long)a * Rule.Classes);
            var score = EntropyKernel.Negatives(row, Rule.Classes);
            if (match >= 0)
            {
                var truth = ((long)image * Truth.Capacity) + match;
                var logit = row[TruthChannel.Of((int*)(Arena + Truth.Classes), Truth.Capacity, image, match, Rule.Classes)];
                score += EntropyKernel.Positive(logit) - EntropyKernel.Negative(logit);
                score += BoxLoss.Weight * BoxLossKernel.Evaluate(
                    ((BoxDeltas*)(Arena + Deltas[level].Offset))[rows + a], ((Box*)(Arena + Anchors[level].Offset))[a],
                    ((Box*)(Arena + Truth.Boxes))[truth], BoxLoss, 1, out _);
            }

            (Keys[to + a], States[to + a]) = (ScoreOrder.Key((float)score, before + a), match >= 0 ? Foreground : (byte)0);
        }
    }

    /// <summary>Takes the anchors in the order of their scores and strikes out what they overlap.</summary>
    /// <returns>The foreground anchors that are taken.</returns>
    private readonly int Choose(int image)
    {
        var keys = Keys + ((long)image * Count);
        var states = States + ((long)image * Count);
        var neighbours = new AnchorNeighbours((Box*)(Arena + Anchors.Offset), Anchors, ScoreOrder.Meant(Rule.NmsIoU));
        var left = 0;
        for (var a = 0; a < Count; a++)
        {
            left += states[a] & Foreground;
        }

        new Span<ulong>(keys, Count).Sort();
        var quota = Quota.Of(Rule, left);
        for (var at = 0; at < Count && keys[at] != ulong.MaxValue && !quota.IsFull(left); at++)
        {
            var anchor = ScoreOrder.Index(keys[at]);
            if ((states[anchor] & Struck) != 0)
            {
                continue;
            }

            // Background that is wanted is noted where keys have been read: how much of it is taken the foreground decides.
            var isForeground = (states[anchor] & Foreground) != 0;
            if (isForeground && quota.Takes())
            {
                states[anchor] |= Taken;
            }
            else if (!isForeground && quota.Notes())
            {
                keys[quota.Background - 1] = (ulong)anchor;
            }

            left -= neighbours.Strike(anchor, states, Struck, Foreground);
        }

        for (var i = 0; i < Math.Min(quota.Background, quota.Room); i++)
        {
            states[keys[i]] |= Taken;
        }

        return quota.Foreground;
    }

    /// <summary>Writes the matches of what was taken.</summary>
    private readonly void Write(int image)
    {
        var states = States + ((long)image * Count);
        for (var level = 0; level < Anchors.Levels; level++)
        {
            var count = Anchors[level].Count;
            var matches = (int*)(Arena + Matches[level].Offset) + ((long)image * count);
            var selected = (int*)(Arena + Selected[level].Offset) + ((long)image * count);
            for (var a = 0; a < count; a++)
            {
                selected[a] = (*states++ & Taken) != 0 ? matches[a] : Matcher.Ignored;
            }
        }
    }

    /// <summary>Scores of one level. A task is one image and one run of anchors.</summary>
    public readonly struct ScoreJob(HardExampleWork work, int level) : ICountedJob
    {
        private readonly HardExampleWork work = work;
        private readonly int level = level;

        public int Tasks => work.Truth.Images * Chunks;

        private int Chunks => (work.Anchors[level].Count + work.ChunkLength - 1) / work.ChunkLength;

        public void Execute(int task, int worker)
        {
            var start = task % Chunks * work.ChunkLength;
            work.Score(task / Chunks, level, start, Math.Min(start + work.ChunkLength, work.Anchors[level].Count));
        }
    }

    /// <summary>The choice. A task is one image.</summary>
    public readonly struct ChooseJob(HardExampleWork work) : ICpuJob
    {
        private readonly HardExampleWork work = work;

        public void Execute(int task, int worker)
        {
            var foreground = work.Choose(task);
            work.Write(task);
            (work.Arena + work.Truth.LossWeights)[task] = LossWeighting.PerImage(work.Truth.Images, foreground);
        }
    }

    /// <summary>How many of each kind are kept.</summary>
    private struct Quota
    {
        private int batch;
        private int ratio;
        private int foregroundLimit;
        private int backgroundLimit;

        /// <summary>Foreground that was taken, background that was noted.</summary>
        public int Foreground { get; private set; }

        public int Background { get; private set; }

        /// <summary>How much background is taken, given the foreground.</summary>
        public readonly int Room => ratio == 0
            ? batch - Foreground
            : (int)Math.Min((long)ratio * Math.Max(1, Foreground), batch - Foreground);

        public static Quota Of(in HardExampleRule rule, int foreground)
        {
            var limit = rule.PositiveRatio == 0 ? rule.BatchSize : rule.BatchSize / (1 + rule.PositiveRatio);
            var most = rule.PositiveRatio == 0 ? rule.BatchSize : (long)rule.PositiveRatio * Math.Max(1, Math.Min(limit, foreground));
            return new()
            {
                batch = rule.BatchSize,
                ratio = rule.PositiveRatio,
                foregroundLimit = limit,
                backgroundLimit = (int)Math.Min(most, rule.BatchSize),
            };
        }

        /// <summary>Whether nothing more can be taken.</summary>
        /// <param name="left">Foreground anchors that may still come.</param>
        public readonly bool IsFull(int left) => ratio == 0
            ? Foreground + Background >= batch
            : (left == 0 || Foreground == foregroundLimit) && Background >= Room;

        public bool Takes()
        {
            var takes = Foreground < foregroundLimit;
            Foreground += takes ? 1 : 0;
            return takes;
        }

        public bool Notes()
        {
            var notes = Background < backgroundLimit;
            Background += notes ? 1 : 0;
            return notes;
        }
    }
}
