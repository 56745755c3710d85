# pyright: basic
"""What a hand does, joined to who does it: every signal of the window and the method that it calls, panel by panel."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only its name: what stands above is not imported
    from explorer.app import App


def join(app: "App") -> None:
    """Connect every signal of the window to what it asks for."""
    window, sliders, walk = app.window, app.window.sliders.list, app.walk
    _map(app)
    _directions(app)
    _arithmetic(app)
    _grid(app)
    _mixing(app)
    _diffusion(app)
    _branches(app)
    _layers(app)
    _critic(app)
    _variations(app)
    _retouch(app)
    _seeds(app)
    window.asked.connect(app.deeds.do)
    _strip(app)
    _encode(app)
    _prior(app)
    window.page_chosen.connect(app.show_page)
    window.closing.connect(app.close)
    window.paths_dropped.connect(app.deeds.open_dropped)
    window.library.chosen.connect(app.shelf.open)
    window.library.remove_asked.connect(app.shelf.remove)
    window.picture.beside_chosen.connect(app.beside.choose)
    window.picture.link_asked.connect(app.beside.link)
    window.picture.space_chosen.connect(app.deeds.to_space)
    window.picture.smooth_asked.connect(lambda smooth: app.deeds.set("smooth", smooth, "Change the scaling"))
    window.instrument_chosen.connect(lambda key: app.deeds.set("instrument", key, "Change the instrument"))
    sliders.started.connect(lambda _: walk.begin())
    sliders.edited.connect(walk.to_sigma)
    sliders.reset_asked.connect(walk.reset)
    sliders.random_one_asked.connect(walk.random_one)
    sliders.lock_toggled.connect(walk.lock)
    sliders.lock_all_asked.connect(walk.lock_all)
    sliders.visible_changed.connect(app.sliders.see)


def _directions(app: "App") -> None:
    panel, directions, picks = app.window.directions, app.directions, app.picks
    panel.started.connect(directions.begin)
    panel.edited.connect(directions.move)
    panel.reset_asked.connect(directions.reset)
    panel.chosen.connect(directions.choose)
    panel.layers_chosen.connect(app.direction_layers.choose)
    panel.visible_changed.connect(directions.see)
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))
    panel.save.clicked.connect(lambda: directions.save(app.window.ask_directions_place))
    panel.closer.combine_asked.connect(directions.combine)
    panel.closer.renamed.connect(directions.rename)
    panel.closer.delete_asked.connect(directions.delete)
    panel.teach.name_asked.connect(picks.ask)
    panel.teach.marked.connect(picks.mark)
    panel.teach.unmark_asked.connect(picks.unmark)


def _grid(app: "App") -> None:
    panel, grid = app.window.grid, app.grid
    panel.chosen.connect(grid.choose)
    panel.sized.connect(grid.resize)
    panel.stretched.connect(grid.stretch)
    panel.cell_chosen.connect(grid.go)
    panel.save_asked.connect(lambda: grid.save(app.window.ask_where_to_save))
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))


def _mixing(app: "App") -> None:
    desk, mixing = app.window.mixing, app.mixing
    page, table = desk.mix, desk.mix.table
    desk.turned.connect(mixing.turn)
    desk.told.connect(lambda sentence: app.tell(sentence, error=False))
    table.started.connect(mixing.begin)
    table.painted.connect(mixing.paint)
    table.blended.connect(mixing.blend)
    table.remove_asked.connect(mixing.remove)
    page.random_asked.connect(mixing.add_random)
    page.seed_asked.connect(lambda text: page.clear_seed() if mixing.add_seed(text) else None)
    page.view_asked.connect(mixing.add_view)
    page.keyframe_asked.connect(mixing.add_keyframe)
    page.open_asked.connect(app.deeds.open_source)
    page.dropped.connect(mixing.add_file)
    page.swap_asked.connect(mixing.swap)
    page.band_asked.connect(mixing.take)
    page.clear_asked.connect(mixing.clear)
    psi, truncation = desk.truncation, app.truncation
    psi.slider.started.connect(truncation.begin)
    psi.slider.edited.connect(truncation.move)
    psi.row.chosen.connect(truncation.choose)
    psi.variety.chosen.connect(truncation.go)
    psi.cut.connect(truncation.cut)
    psi.others_asked.connect(truncation.others)
    desk.noise.slider.started.connect(app.noise.begin)
    desk.noise.slider.edited.connect(app.noise.strengthen)
    desk.noise.switched.connect(app.noise.switch)
    desk.noise.again_asked.connect(app.noise.again)
    grid, mixgrid = desk.grid, app.mixgrid
    grid.seed_asked.connect(mixgrid.seed)
    grid.others_asked.connect(mixgrid.others)
    grid.turn_asked.connect(mixgrid.turn_over)
    grid.sized.connect(mixgrid.resize)
    grid.slider.started.connect(mixgrid.begin)
    grid.split_asked.connect(mixgrid.split)
    grid.cells.chosen.connect(mixgrid.go)
    grid.save_asked.connect(lambda: mixgrid.save(app.window.ask_where_to_save))


def _diffusion(app: "App") -> None:
    panel, trajectory = app.window.trajectory, app.trajectory
    panel.strip.started.connect(trajectory.begin)
    panel.strip.scrubbed.connect(trajectory.scrub)
    panel.strip.stepped.connect(trajectory.step)
    panel.kind_chosen.connect(trajectory.show)
    panel.play_asked.connect(trajectory.play)
    panel.ticked.connect(trajectory.tick)
    panel.save.clicked.connect(
        lambda: trajectory.save(app.window.ask_trajectory_place, lambda words: app.tell(words, error=False))
    )
    asking, guidance = app.window.guidance, app.guidance
    asking.asked.connect(guidance.ask)
    asking.avoided.connect(guidance.avoid)
    asking.forget_asked.connect(guidance.forget)
    asking.prompt.entered.connect(guidance.say)
    asking.negative.entered.connect(guidance.say_not)
    asking.typed.connect(guidance.count)
    asking.bent.connect(guidance.bend)
    asking.detail_changed.connect(guidance.set)
    asking.curve.started.connect(guidance.begin)
    asking.curve.drawn.connect(guidance.draw)
    for slider, edit in ((asking.weight, guidance.weigh), (asking.rescale, guidance.rescale)):
        slider.started.connect(guidance.begin)
        slider.edited.connect(edit)
    for slider in (asking.steps, asking.eta):
        slider.started.connect(guidance.begin)


def _branches(app: "App") -> None:
    panel, branches = app.window.branches, app.branches
    panel.fork_asked.connect(branches.fork)
    panel.join_asked.connect(branches.join)
    panel.keep_asked.connect(branches.keep)
    panel.chosen.connect(branches.go)
    panel.renamed.connect(branches.rename)
    panel.deleted.connect(branches.delete)
    panel.compared.connect(branches.compare)
    panel.stir.started.connect(branches.begin)
    panel.stir.edited.connect(branches.stir)
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))


def _layers(app: "App") -> None:
    panel = app.window.layers
    panel.graph_chosen.connect(app.layers.choose_graph)
    panel.layer_chosen.connect(app.layers.choose_layer)


def _critic(app: "App") -> None:
    panel = app.window.critic
    panel.open_asked.connect(app.deeds.open_to_judge)
    panel.dropped.connect(app.critic.take_file)
    panel.subject_chosen.connect(app.critic.choose)
    panel.chart.started.connect(app.truncation.begin)
    panel.chart.edited.connect(app.truncation.move)


def _variations(app: "App") -> None:
    panel, variations = app.window.variations, app.variations
    panel.axis_chosen.connect(variations.choose)
    panel.chosen.connect(variations.go)
    panel.compare_asked.connect(variations.compare)
    panel.save_asked.connect(lambda: variations.save(app.window.ask_where_to_save))
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))


def _retouch(app: "App") -> None:
    panel, retouch = app.window.retouch, app.retouch
    panel.open_asked.connect(app.deeds.open_picture)
    panel.paste_asked.connect(app.deeds.paste_picture)
    panel.view_asked.connect(retouch.take_view)
    panel.drop_asked.connect(retouch.drop)
    panel.clear_asked.connect(retouch.clear)
    panel.invert_asked.connect(retouch.invert)
    panel.erasing.connect(retouch.erase)
    panel.brush.edited.connect(retouch.widen)
    panel.picture.stroked.connect(retouch.paint)
    panel.rounds.edited.connect(lambda share: retouch.repeat(round(share * 100)))
    panel.strength.edited.connect(retouch.strengthen)
    for hand in (panel.picture, panel.brush, panel.rounds, panel.strength):
        hand.started.connect(retouch.begin)
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))


def _seeds(app: "App") -> None:
    panel, seeds = app.window.seeds, app.seeds
    panel.typed.connect(seeds.go)
    panel.stepped.connect(seeds.step)
    panel.seed_chosen.connect(seeds.jump)
    panel.forget_asked.connect(seeds.forget)
    panel.label_asked.connect(seeds.ask)
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))
    panel.plane.started.connect(seeds.begin)
    panel.plane.moved.connect(seeds.move)
    panel.plane.taken_back.connect(seeds.take_back)
    panel.plane.looked.connect(seeds.see)


def _arithmetic(app: "App") -> None:
    panel, control = app.window.arithmetic, app.arithmetic
    panel.mode_asked.connect(control.show)
    panel.taken.connect(control.take)
    panel.filled.connect(control.fill)
    panel.turned.connect(control.turn)
    panel.removed.connect(control.remove)
    panel.started.connect(control.begin)
    panel.weighed.connect(control.weigh)
    panel.cleared.connect(control.clear)
    panel.go_asked.connect(control.go)
    panel.told.connect(lambda sentence: app.tell(sentence, error=False))
    panel.tray.offer_asked.connect(control.offer)
    panel.tray.group_asked.connect(control.make_group)
    panel.tray.group_removed.connect(control.delete_group)


def _map(app: "App") -> None:
    panel, scatter, control = app.window.map, app.window.map.scatter, app.map
    scatter.started.connect(control.begin)
    scatter.moved.connect(control.move)
    scatter.picture_chosen.connect(control.go_to_row)
    scatter.taken_back.connect(control.take_back)
    scatter.rested.connect(control.see)
    scatter.lassoed.connect(app.deeds.group_lassoed)
    panel.legend.toggled.connect(control.toggle_value)
    panel.legend.solo_asked.connect(control.solo_value)
    panel.column_chosen.connect(control.choose_column)
    panel.points_switched.connect(control.switch_points)
    panel.tiles_switched.connect(control.switch_tiles)
    panel.keep_rest_switched.connect(control.switch_keep_rest)
    panel.tsne_switched.connect(control.switch_tsne)
    panel.stop_asked.connect(control.stop)
    panel.whereabouts.nearest_asked.connect(control.jump_to_row)


def _encode(app: "App") -> None:
    panel, encode = app.window.encode, app.encode
    panel.open_asked.connect(app.deeds.open_picture)
    panel.paste_asked.connect(app.deeds.paste_picture)
    panel.view_asked.connect(encode.take_view)
    panel.stored_asked.connect(encode.take_stored)
    panel.go_asked.connect(encode.go)
    panel.renew_asked.connect(encode.renew)
    panel.near_chosen.connect(encode.go_to)
    panel.sample_chosen.connect(encode.go_to_sample)
    panel.cropped.connect(encode.crop)
    panel.refine_asked.connect(encode.refine)
    panel.stop_asked.connect(encode.stop)
    panel.refined_chosen.connect(encode.go_to_refined)


def _prior(app: "App") -> None:
    panel, prior = app.window.prior, app.prior
    panel.source_chosen.connect(prior.choose)
    panel.again_asked.connect(prior.again)
    panel.heated.connect(prior.heat)
    panel.tile_chosen.connect(prior.go)


def _strip(app: "App") -> None:
    panel, strip = app.window.strip, app.strip
    panel.add_asked.connect(strip.add)
    panel.random_asked.connect(strip.to_random)
    panel.clear_asked.connect(strip.clear)
    panel.play_asked.connect(strip.play)
    panel.pause_asked.connect(strip.pause)
    panel.ticked.connect(strip.tick)
    panel.changed.connect(lambda name, value: strip.set(**{name: value}))
    panel.row.scrub_started.connect(strip.begin)
    panel.row.scrubbed.connect(strip.scrub)
    panel.row.chosen.connect(strip.go)
    panel.row.remove_asked.connect(strip.remove)
    panel.row.replace_asked.connect(strip.replace)
    panel.row.move_asked.connect(strip.move)
    panel.export_asked.connect(app.films.ask)
    app.window.exports.stop_asked.connect(app.films.stop)
