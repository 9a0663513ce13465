//! Strongly connected components of a small graph, by Tarjan's algorithm.
//!
//! Always true: a component of one node is no circle and is left out.
//! Not here: the nodes and edges — `modules.rs`

use std::collections::BTreeSet;

/// The components of at least two nodes, largest first, the nodes of each in order.
pub(super) fn circles(nodes: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut search = Search {
        edges,
        index: vec![None; nodes],
        low: vec![0; nodes],
        is_open: vec![false; nodes],
        stack: Vec::new(),
        count: 0,
        found: Vec::new(),
    };
    for node in 0..nodes {
        if search.index[node].is_none() {
            search.visit(node);
        }
    }
    let mut found = search.found;
    found.sort_by_key(|circle| (usize::MAX - circle.len(), circle[0]));
    found
}

struct Search<'a> {
    edges: &'a BTreeSet<(usize, usize)>,
    /// The order in which a node was reached.
    index: Vec<Option<usize>>,
    /// The earliest open node that can be reached from a node.
    low: Vec<usize>,
    is_open: Vec<bool>,
    stack: Vec<usize>,
    count: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn visit(&mut self, node: usize) {
        self.index[node] = Some(self.count);
        self.low[node] = self.count;
        self.count += 1;
        self.stack.push(node);
        self.is_open[node] = true;
        for (_, next) in self.edges.range((node, 0)..(node + 1, 0)) {
            match self.index[*next] {
                None => {
                    self.visit(*next);
                    self.low[node] = self.low[node].min(self.low[*next]);
                }
                Some(index) if self.is_open[*next] => {
                    self.low[node] = self.low[node].min(index);
                }
                Some(_) => {}
            }
        }
        if self.index[node] == Some(self.low[node]) {
            self.close(node);
        }
    }

    fn close(&mut self, node: usize) {
        let at = self.stack.iter().rposition(|other| *other == node);
        let mut circle = self.stack.split_off(at.unwrap_or(0));
        for member in &circle {
            self.is_open[*member] = false;
        }
        circle.sort_unstable();
        if circle.len() > 1 {
            self.found.push(circle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn only_nodes_that_reach_each_other_are_a_circle() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2), (5, 0)];
        let found = circles(6, &edges.into_iter().collect());
        assert_eq!(found, [vec![2, 3, 4], vec![0, 1]]);
    }
}
